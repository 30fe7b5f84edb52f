import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
const PARSERS = 'test/support/parsers';
/** Something that makes a value of what somebody else has written. */
const READS = /\bJSON\.parse\(|\bv\.(?:safeParse|parse)\(|base\/checked/;
/** Readers that no file of `support/parsers` imports: by whom they are reached, or why they need not be. */
const NOT_IMPORTED: Readonly<Record<string, string>> = {
  'lib/agent/checked-request.ts': 'parsers/requests.ts, by the whole server of the agent',
  'lib/agent/verdict.ts':
    'how a reload of the agent ended, written whole by the agent, for a program of the same user',
  'lib/base/checked.ts': 'by every reader that imports it',
  'lib/channel/client.ts': 'strange/answers.test.ts, over real connections',
  'lib/cluster/problems.ts': 'parsers/configuration.ts, by configOf',
  'lib/doctor/checks/caa.ts': "certbot's regr.json, which is root's: what is no such object counts as absent",
  'lib/state/json-list.ts': 'parsers/state.ts, by the stores that are lists',
  'lib/state/results.ts': 'parsers/state.ts, by createResults',
  'lib/transports/syncthing/api.ts': 'parsers/syncthing.ts, over real connections',
  'lib/transports/syncthing/folder.ts': 'parsers/syncthing.ts, by lookAtSyncthing',
};

async function sourcesBelow(directory: string): Promise<readonly (readonly [string, string])[]> {
  const names = await readdir(join(ROOT, directory), { recursive: true });
  const files = names.filter((name) => name.endsWith('.ts')).map((name) => join(directory, name));
  return await Promise.all(
    files.map(async (file) => [file, await readFile(join(ROOT, file), 'utf8')] as const),
  );
}

test('every reader of JSON is in a list of parsers, or has a reason here', async () => {
  const readers = (await sourcesBelow('lib')).flatMap(([file, text]) => (READS.test(text) ? [file] : []));
  const lists = (await sourcesBelow(PARSERS)).map(([, text]) => text).join('\n');
  const imported = new Set([...lists.matchAll(/'(?:\.\.\/)+(lib\/[^']+)'/g)].map(([, file = '']) => file));
  const missing = readers.filter((file) => !imported.has(file));
  expect(readers.length).toBeGreaterThan(20);
  expect(missing.toSorted()).toEqual(Object.keys(NOT_IMPORTED).toSorted());
});
