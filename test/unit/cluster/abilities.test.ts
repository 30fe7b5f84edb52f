import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { abilitiesOf, TRANSPORTS, type TransportName } from '../../../lib/cluster/abilities.ts';

const names = Object.keys(TRANSPORTS) as readonly TransportName[];

/** Where transports are told apart by name: where they are, where they are listed. */
const AT_HOME = /^lib\/(?:transports\/|cluster\/abilities\.ts$)/;

/** A value that is compared with the name of a transport; `mode` and `inbox` have a value of the same spelling. */
const COMPARISON = new RegExp(String.raw`(\w+)\)?\s*[!=]==\s*'(?:${names.join('|')})'`, 'g');
const CASE = new RegExp(String.raw`case '(?:${names.join('|')})'`, 'g');

async function comparisons(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const room of ['lib', 'hooks']) {
    for (const entry of await readdir(room, { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name);
      if (!file.endsWith('.ts') || AT_HOME.test(file)) continue;
      const text = await readFile(file, 'utf8');
      const compared = [...text.matchAll(COMPARISON)].filter(
        ([, what]) => what !== 'mode' && what !== 'inbox',
      );
      found.push(...[...compared, ...text.matchAll(CASE)].map(([match]) => `${file}: ${match}`));
    }
  }
  return found;
}

describe('what a transport can do', () => {
  test('is asked of its abilities, and nowhere of its name', async () => {
    expect(await comparisons()).toEqual([]);
  });

  test('is no contradiction: an agent that answers is there, and agents know each other by the key', () => {
    const all = names.map((transport) => abilitiesOf({ transport }));
    expect(all.filter(({ answersBy, hasAgents }) => answersBy === 'agent' && !hasAgents)).toEqual([]);
    expect(all.filter(({ hasAgents, needsKey }) => hasAgents && !needsKey)).toEqual([]);
  });
});
