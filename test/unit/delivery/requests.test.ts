import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { takeRequests } from '../../../lib/delivery/requests.ts';
import { expect, test } from '../../support/temporary.ts';

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
});
