import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  abilitiesOf,
  CHALLENGE_TRANSPORTS,
  LINEAGE_TRANSPORTS,
  lineageAbilitiesOf,
  type LineageTransportName,
  type TransportName,
  transportsOf,
  wordsOfTransports,
} from '../../../lib/cluster/abilities.ts';
import { neededUnits } from '../../../lib/cluster/own-units.ts';

const names = Object.keys(CHALLENGE_TRANSPORTS);

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
    const lineages = Object.values(LINEAGE_TRANSPORTS);
    expect(lineages.filter(({ answersBy, hasAgents }) => answersBy === 'agent' && !hasAgents)).toEqual([]);
    const all = [...lineages, ...Object.values(CHALLENGE_TRANSPORTS)];
    expect(all.filter(({ hasAgents, needsKey }) => hasAgents && !needsKey)).toEqual([]);
  });

  test('is of challenges and of lineages, and an agent is needed where one of them has it', () => {
    const config = { transport: { challenges: 'shared', lineages: 'http' } } as const;
    expect(abilitiesOf(config)).toEqual({ hasAgents: true, needsKey: true });
    expect(lineageAbilitiesOf(config)).toMatchObject({ inbox: 'own', answersBy: 'agent' });
    expect(abilitiesOf({ transport: { challenges: 'shared', lineages: 'rsync' } })).toEqual({
      hasAgents: false,
      needsKey: false,
    });
  });

  test('says which units a node needs: those of its agent, of its inbox, and the timer', () => {
    const apart = (challenges: TransportName, lineages: LineageTransportName) =>
      neededUnits({ transport: { challenges, lineages } }).map((unit) => unit.replace('certbot-ha-', ''));
    const ofAgents = ['agent.service', 'installer.path', 'sync.path', 'sync.timer'];
    expect(apart('http', 'http')).toEqual(ofAgents);
    expect(apart('shared', 'http')).toEqual(ofAgents);
    expect(apart('http', 'rsync')).toEqual(ofAgents);
    expect(apart('http', 'shared')).toEqual(['agent.service', 'sync.path', 'sync.timer', 'watch.service']);
    expect(apart('shared', 'rsync')).toEqual(['installer.path', 'sync.timer']);
  });

  test('is told by one name where that stands for both', () => {
    expect(wordsOfTransports(transportsOf('rsync'))).toBe('rsync');
    expect(wordsOfTransports({ challenges: 'shared', lineages: 'http' })).toBe(
      'shared for challenges, http for lineages',
    );
  });
});
