import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { activatedIn } from '../../../lib/inbox/markers.ts';
import { inboxAt } from '../../../lib/inbox/take.ts';
import { expect, test } from '../../support/temporary.ts';

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

test('markers of bundles come before those of nothing', async ({ directory }) => {
  const inbox = inboxAt(directory, owner, join(directory, 'aside'));
  await mkdir(inbox.markers);
  const ids = Array.from({ length: 9 }, (_, index) => String(index).repeat(64));
  for (const id of ids) await writeFile(join(inbox.markers, id), '');
  // In the order of the directory they are behind all others.
  const last = (await readdir(inbox.markers)).slice(-2);
  for (const id of last) await mkdir(join(inbox.bundles, id), { recursive: true });
  const activated = await activatedIn(inbox);
  expect(activated.slice(0, 2).toSorted()).toEqual(last.toSorted());
  expect(activated.toSorted()).toEqual(ids);
});

test('of a flood of markers a thousand are read, and the rest the next time', async ({ directory }) => {
  const inbox = inboxAt(directory, owner, join(directory, 'aside'));
  await mkdir(inbox.markers);
  for (let index = 0; index < 1_001; index += 1)
    await writeFile(join(inbox.markers, index.toString(16).padStart(64, '0')), '');
  expect(await activatedIn(inbox)).toHaveLength(1_000);
});
