import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { surveyDeletions } from '../../../lib/status/deletions.ts';
import { ownLineages } from '../../../lib/status/own-lineages.ts';
import { openState } from '../../../lib/state/state.ts';
import type { Config } from '../../../lib/cluster/config.ts';
import { leafIn, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test } from '../../support/lineage/certificates.ts';
import { noDamage } from '../../support/no-damage.ts';

const [RECORDED, NEW] = ['a.example.test', 'b.example.test'] as const;
const NOBODY = 65_534;
const AT = '2026-11-24T00:00:00.000Z';

/** Does it as somebody who is not root, as the agent's child is. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  const uid = process.getuid?.() ?? NOBODY;
  if (uid === 0) process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    if (uid === 0) process.seteuid?.(0);
  }
}

test("to who may not read certbot's directories, the records tell what is here, and that is no trouble", async ({
  ca,
  directory,
}) => {
  const [configDir, stateDir] = [join(directory, 'letsencrypt'), join(directory, 'state')];
  const { records } = openState({ stateDir }, noDamage);
  const issued = await ca.issue([RECORDED, NEW]);
  for (const lineage of [RECORDED, NEW]) await writeIssuerTree(configDir, [issued], { lineage });
  const leaf = leafIn(issued.certificate);
  const record = { leaf, number: 1, from: 'web1', installedAt: AT };
  await records.writeInstalled({ ...record, lineage: RECORDED, names: [RECORDED] });
  await records.writeInstalled({ ...record, lineage: 'gone.test', names: ['gone.test'], goneSince: AT });
  for (const part of [directory, configDir, join(configDir, 'renewal')]) await chmod(part, 0o755);
  for (const name of ['live', 'archive']) await chmod(join(configDir, name), 0);

  const file = join(configDir, 'live', RECORDED, 'cert.pem');
  const seen = await asNobody(async () => await ownLineages(configDir, records, { isRoot: false }));
  expect({ ...seen, here: [...seen.here].map(([lineage, known]) => [lineage, known.leaf.sha256]) }).toEqual({
    here: [[RECORDED, leaf.sha256]],
    unknown: [NEW],
    unreadable: null,
  });
  const toRoot = await asNobody(async () => await ownLineages(configDir, records));
  expect(toRoot).toMatchObject({ unreadable: { code: 'file-unreadable', file, error: 'EACCES' } });

  const certificates = { configDir } as Config['certificates'];
  const deletions = await asNobody(
    async () => await surveyDeletions('web1', [], { records, certificates, isRoot: false }),
  );
  expect(deletions.map(({ lineage, found }) => [lineage, found.code])).toEqual([
    ['gone.test', 'deleted-by-hand'],
  ]);

  await chmod(join(configDir, 'renewal'), 0);
  const closed = await asNobody(async () => await ownLineages(configDir, records, { isRoot: false }));
  expect([...closed.here.keys()]).toEqual([RECORDED]);
});
