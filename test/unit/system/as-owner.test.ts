import { describe, vi } from 'vitest';
import { runAs } from '../../../lib/system/as-owner.ts';
import { expect, test } from '../../support/temporary.ts';

describe('a program that runs as the owner of an inbox', () => {
  test("sees nothing of root's environment", async ({ onTestFinished }) => {
    vi.stubEnv('DB_PASSWORD', 'hunter2');
    onTestFinished(() => void vi.unstubAllEnvs());
    const { code, stdout } = await runAs({ uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }, [
      'env',
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^(?:(?:PATH|LC_ALL)=.*\n){2}$/);
  });

  test('is that owner, with no further groups', async ({ skip }) => {
    if (process.getuid?.() !== 0) return skip('without root nobody can be another user');
    const { stdout } = await runAs({ uid: 65_534, gid: 65_534 }, ['id']);
    expect(stdout).toMatch(/^uid=65534\S* gid=65534\S*(?: groups=65534\S*)?\n$/);
  });
});
