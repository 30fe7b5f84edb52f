import { createHook } from 'node:async_hooks';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createWebroot } from '../../../lib/challenge/webroot.ts';
import { createRecords } from '../../../lib/state/records.ts';
import { wayTo } from '../../../lib/system/watch-way.ts';
import { makeChallenges } from '../../support/cluster/challenge.ts';
import { expect, test } from '../../support/temporary.ts';

const anyDamage = () => undefined;
const FILE_CALLS: ReadonlySet<string> = new Set(['FSREQPROMISE', 'FSREQCALLBACK']);

/** How many calls on files were on their way at once, each of which holds a thread for as long as it hangs. */
async function threadsOf(run: () => Promise<unknown>): Promise<number> {
  const calls = new Set<number>();
  let most = 0;
  const hook = createHook({
    init: (id, type) => {
      if (!FILE_CALLS.has(type)) return;
      calls.add(id);
      most = Math.max(most, calls.size);
    },
    before: (id) => void calls.delete(id),
  }).enable();
  try {
    await run();
  } finally {
    hook.disable();
  }
  return most;
}

/** @param tokens of what lies in the webroot */
type Look = (directory: string, tokens: readonly string[]) => Promise<unknown>;

test.for<readonly [string, Look]>([
  ['the way to a directory', wayTo],
  [
    'the young names of a webroot',
    async (directory) =>
      await createWebroot(directory).young({
        sinceMs: 0,
        ownSinceMs: 0,
        isLeftOut: () => false,
        atMost: 100,
      }),
  ],
  [
    'what is written into a webroot',
    async (directory) => await createWebroot(directory).write(makeChallenges(20)),
  ],
  [
    'what is taken out of a webroot',
    async (directory, tokens) => {
      expect(await createWebroot(directory).remove(tokens)).toEqual(tokens);
      expect(await readdir(createWebroot(directory).directory)).toEqual([]);
    },
  ],
  ['what is installed', async (directory) => await createRecords(directory, anyDamage).installed()],
  ['what was deleted', async (directory) => await createRecords(directory, anyDamage).deletions()],
])('%s is looked at by one thread', async ([, look], { directory }) => {
  const webroot = createWebroot(directory);
  await webroot.check();
  const challenges = makeChallenges(20);
  await webroot.write(challenges);
  const tokens = challenges.map(({ token }) => token);
  for (const part of ['installed', 'deleted']) {
    await mkdir(join(directory, part));
    for (let index = 0; index < 20; index += 1)
      await writeFile(join(directory, part, `n${index}.json`), '{}');
  }
  expect(await threadsOf(async () => await look(directory, tokens))).toBe(1);
});
