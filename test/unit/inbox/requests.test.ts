import { chmod, chown, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { takeRequests } from '../../../lib/inbox/requests.ts';
import { run } from '../../support/programs/program.ts';
import { expect, test } from '../../support/temporary.ts';

const AGENT_UID = 65_534;

describe('the desk of requests', () => {
  test('is cleared, and says whether there was anything', async ({ directory }) => {
    expect(await takeRequests(directory)).toBe(false);
    await mkdir(join(directory, 'requests'));
    expect(await takeRequests(directory)).toBe(false);
    await writeFile(join(directory, 'requests', 'web2'), '');
    await mkdir(join(directory, 'requests', 'a directory', 'in it'), { recursive: true });
    expect(await takeRequests(directory)).toBe(true);
    expect(await readdir(join(directory, 'requests'))).toEqual([]);
  });

  test('is no way to anywhere else: a link on it goes, what it leads to stays', async ({ directory }) => {
    await mkdir(join(directory, 'precious'));
    await writeFile(join(directory, 'precious', 'file'), '');
    await mkdir(join(directory, 'requests'));
    await symlink(join(directory, 'precious'), join(directory, 'requests', 'web2'));
    await takeRequests(directory);
    expect(await readdir(join(directory, 'requests'))).toEqual([]);
    expect(await readdir(join(directory, 'precious'))).toEqual(['file']);
  });

  test('is rid of what not even its owner can remove, or it would start sync again and again', async ({
    directory,
    skip,
  }) => {
    if (process.getuid?.() !== 0) return skip('without root there is nobody who could');
    // Below a directory that is its owner's alone the agent's user would find nothing.
    await chmod(directory, 0o711);
    const desk = join(directory, 'requests');
    await mkdir(join(desk, 'shut', 'in it'), { recursive: true });
    await run(['sh', '-c', 'touch "$1/$(printf \'\\377\')"', 'sh', desk]);
    await run(['chown', '-R', String(AGENT_UID), desk]);
    await chmod(join(desk, 'shut'), 0);
    expect(await takeRequests(directory)).toBe(true);
    expect(await readdir(desk)).toEqual([]);
    expect((await readdir(join(directory, 'backup'))).toSorted()).toEqual([
      expect.stringMatching(/^refused-_-/),
      expect.stringMatching(/^refused-shut-/),
    ]);
    expect(await takeRequests(directory)).toBe(false);
  });

  test('is cleared of more than a command line can name, some at a time', async ({ directory, skip }) => {
    if (process.getuid?.() !== 0) return skip('as the agent only root may remove');
    const desk = join(directory, 'requests');
    await mkdir(desk);
    const names = Array.from({ length: 1_500 }, (_, index) => `${index}-${'x'.repeat(200)}`);
    await Promise.all(names.map(async (name) => await writeFile(join(desk, name), '')));
    await chown(desk, 0, 0);
    expect(await takeRequests(directory)).toBe(true);
    expect(await readdir(desk)).toHaveLength(500);
    expect(await takeRequests(directory)).toBe(true);
    expect(await readdir(desk)).toEqual([]);
  });
});
