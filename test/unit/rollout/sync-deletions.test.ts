import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { noticeGone } from '../../../lib/rollout/sync-deletions.ts';
import type { SyncOptions } from '../../../lib/rollout/sync-lineage.ts';
import { withInstallerLock } from '../../../lib/state/installer-lock.ts';
import { createRecords } from '../../../lib/state/records.ts';
import { timeLimit } from '../../../lib/system/time-limit.ts';
import { leafIn } from '../../support/lineage/bundle.ts';
import { expect, test } from '../../support/lineage/certificates.ts';
import { writeLineage } from '../../support/lineage/tree.ts';
import { noDamage } from '../../support/no-damage.ts';

const [FIRST, SECOND, LEFT] = ['a.example.test', 'b.example.test', 'c.example.test'];

test.for([
  [
    'two at once are lost with the directory: told, and free to come anew',
    [FIRST, SECOND],
    [],
    'lineages-lost',
  ],
  ['one alone was deleted there: told, and kept away', [FIRST], [FIRST], 'deleted-by-hand'],
] as const)('of what is gone here, %s', async ([, recorded, gone, code], { ca, directory }) => {
  const [configDir, stateDir] = [join(directory, 'letsencrypt'), join(directory, 'state')];
  await mkdir(join(configDir, 'live'), { recursive: true });
  const issued = await ca.issue([LEFT]);
  await writeLineage(configDir, LEFT, [issued]);
  const records = createRecords(stateDir, noDamage);
  const installedAt = '2026-11-24T00:00:00.000Z';
  for (const lineage of [...recorded, LEFT]) {
    const record = { lineage, leaf: leafIn(issued.certificate), number: 1, names: [lineage], from: 'web1' };
    await records.writeInstalled({ ...record, installedAt });
  }
  const said: string[] = [];
  const options = {
    cluster: {
      self: { name: 'web1', address: '192.0.2.11' },
      config: { stateDir, certificates: { configDir } },
    },
    state: { records },
    io: { err: (line: string) => void said.push(line) },
  } as unknown as SyncOptions;
  // An installer at work keeps nothing but the note waiting.
  const held = await withInstallerLock(stateDir, async () => await noticeGone([], options, timeLimit(0)));
  expect(held).toEqual({ gone, isGood: false });
  expect((await records.installed()).some(({ goneSince }) => goneSince !== undefined)).toBe(false);
  said.length = 0;
  const noticed = await noticeGone([], options, timeLimit(5_000));
  expect(noticed).toEqual({ gone, isGood: false });
  expect(said[0]).toContain(`[${code}]`);
  for (const lineage of recorded) expect(said.join('\n')).toContain(lineage);
  expect(said.join('\n')).not.toContain(LEFT);
  const marked = (await records.installed()).filter(({ goneSince }) => goneSince !== undefined);
  expect(marked.map(({ lineage }) => lineage)).toEqual(gone);
});
