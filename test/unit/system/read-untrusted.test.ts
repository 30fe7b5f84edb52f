import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { readSmall } from '../../../lib/system/read-untrusted.ts';
import { run } from '../../support/programs/program.ts';
import { expect, test } from '../../support/temporary.ts';

describe('a small file of somebody else', () => {
  test('is read as long as it is small', async ({ directory }) => {
    const file = join(directory, 'file');
    await writeFile(file, 'é3');
    expect(await readSmall(file, 3)).toBe('é3');
    expect(await readSmall(file, 2)).toBeNull();
  });

  test('is none when it is not there, a link, a directory or a pipe', async ({ directory }) => {
    const at = (name: string) => join(directory, name);
    await writeFile(at('file'), 'x');
    await symlink(at('file'), at('link'));
    await mkdir(at('directory'));
    await run(['mkfifo', at('pipe')]);
    for (const name of ['nothing', 'file/below', 'link', 'directory', 'pipe']) {
      expect([name, await readSmall(at(name), 10)]).toEqual([name, null]);
    }
  });
});
