import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, vi } from 'vitest';
import { restoreContext } from '../../../lib/installer/selinux.ts';
import { expect, test } from '../../support/temporary.ts';

describe('the SELinux context of what was written', () => {
  test('is restored where SELinux is on, and only there', async ({ directory, onTestFinished }) => {
    const [bin, enforce, said] = ['bin', 'enforce', 'said'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ];
    await mkdir(bin);
    await writeFile(join(bin, 'restorecon'), `#!/bin/sh\nprintf '%s\\n' "$@" >>'${said}'\n`, { mode: 0o755 });
    vi.stubEnv('PATH', `${bin}:${process.env['PATH']}`);
    onTestFinished(() => void vi.unstubAllEnvs());

    await restoreContext('/etc/letsencrypt', enforce);
    await expect(readFile(said, 'utf8')).rejects.toThrow('ENOENT');

    await writeFile(enforce, '1');
    await restoreContext('/etc/letsencrypt', enforce);
    const parts = ['archive', 'live', 'renewal', 'accounts'].map((part) => `/etc/letsencrypt/${part}\n`);
    expect(await readFile(said, 'utf8')).toBe(`-RF\n--\n${parts.join('')}`);
  });
});
