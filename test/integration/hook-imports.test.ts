import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DIST } from '../support/cluster/built.ts';
import { run } from '../support/programs/program.ts';

/** The files of lib/ and of packages that a part of the built hooks loads at once. */
async function loadedWith(part: string): Promise<readonly string[]> {
  const names = await readdir(join(DIST, 'lib'));
  const name = names.find((file) => file.startsWith(part) && file.endsWith('.js')) ?? '';
  const { stdout } = await run([process.execPath, '-e', SOURCES, join(DIST, 'lib', name)], {});
  return stdout.trim().split('\n');
}

const SOURCES = `
const { existsSync, readFileSync } = require('node:fs');
require(process.argv[1]);
for (const map of Object.keys(require.cache).map((file) => file + '.map').filter(existsSync))
  for (const source of JSON.parse(readFileSync(map, 'utf8')).sources) console.log(source.replace(/^.*?(?=lib|node_modules)/, ''));
`;

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
