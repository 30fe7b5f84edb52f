import { mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { createJournal } from '../../../lib/state/journal.ts';
import { expect, test } from '../../support/temporary.ts';

/** What was in a directory each time that a file or directory was synced. */
async function seenAtSyncs(directory: string): Promise<readonly (readonly string[])[]> {
  const handle = await open(directory, 'r');
  const prototype = Object.getPrototypeOf(handle) as typeof handle;
  await handle.close();
  const seen: (readonly string[])[] = [];
  const spy = vi.spyOn(prototype, 'sync').mockImplementation(async () => {
    seen.push(await readdir(directory));
  });
  onTestFinished(() => {
    spy.mockRestore();
  });
  return seen;
}

test('an entry that is cleared does not come back with the power', async ({ directory }) => {
  const journal = createJournal(directory);
  await journal.write({
    ...{ lineage: 'a.example.test', id: 'a'.repeat(64), previous: 1, next: 2 },
    ...{ settleAs: null, conf: null, phase: 'accepted' },
  });
  const seen = await seenAtSyncs(join(directory, 'journal'));
  await journal.clear('a.example.test');
  expect(seen).toEqual([[]]);
  expect(await journal.read('a.example.test')).toBeNull();
});

test('an entry is in the directory for good once it is written', async ({ directory }) => {
  await mkdir(join(directory, 'journal'));
  const seen = await seenAtSyncs(join(directory, 'journal'));
  await createJournal(directory).write({
    ...{ lineage: 'a.example.test', id: 'a'.repeat(64), previous: null, next: 1 },
    ...{ settleAs: null, conf: null, phase: 'placing' },
  });
  // The text under another name first, then the name.
  expect(seen).toEqual([[expect.stringMatching(/^a\.example\.test\.json\..*tmp$/)], ['a.example.test.json']]);
});
