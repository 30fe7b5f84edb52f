import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DIST } from '../support/cluster/built.ts';
import { sourcesOf } from '../support/cluster/loaded-sources.ts';
import { run } from '../support/programs/program.ts';

/** The files of lib/ and of packages that a part of the built hooks loads at once. */
async function loadedWith(part: string): Promise<readonly string[]> {
  const names = await readdir(join(DIST, 'lib'));
  const name = names.find((file) => file.startsWith(part) && file.endsWith('.js')) ?? '';
  const { stdout } = await run([process.execPath, '-e', LOADED, join(DIST, 'lib', name)]);
  return await sourcesOf(JSON.parse(stdout) as readonly string[]);
}

const LOADED = 'require(process.argv[1]); console.log(JSON.stringify(Object.keys(require.cache)))';

/** What the gate asks with, and what DNS-01 publishes by: loaded where a batch needs it. */
const LATER = /node_modules\/(?:undici|dns-packet)\/|lib\/gate\/.*probe|lib\/dns\/(?!create\.ts)/;

test.for(['cleanup-clean-up-batch-', 'auth-present-batch-'])(
  '%s loads no gate and nothing of DNS before they are needed',
  async (part) => {
    const loaded = await loadedWith(part);
    expect(loaded).toContain('lib/batch/ways.ts');
    expect(loaded.filter((file) => LATER.test(file))).toEqual([]);
  },
);
