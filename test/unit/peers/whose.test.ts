import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createLeafIndex } from '../../../lib/lineage/leaf-index.ts';
import { recordedBy, whoseIs } from '../../../lib/peers/whose.ts';
import type { PeerView } from '../../../lib/peers/survey.ts';
import type { InstalledRecord } from '../../../lib/state/records.ts';
import { leafIn, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test } from '../../support/lineage/certificates.ts';
import { writeLineage } from '../../support/lineage/tree.ts';

const NAME = 'a.test';
const AT = '2026-11-24T00:00:00.000Z';
const id = (digit: string) => digit.repeat(64);
const other = (sha256: string) => ({ sha256, stamp: AT, notAfter: AT });

function recordOf(sha256: string, others: readonly string[] = [], lineage = NAME): InstalledRecord {
  return {
    ...{ lineage, leaf: { sha256, serial: '01', notBefore: AT, notAfter: AT }, stamp: AT, number: 1 },
    ...{ names: [NAME], from: 'web1', installedAt: AT, others: others.map(other) },
  };
}

function viewWith(installed: readonly InstalledRecord[], ahead: readonly InstalledRecord[]): PeerView {
  const node = { name: 'web2' } as PeerView['node'];
  return { node, isReachable: true, heldVips: [], installed, ahead };
}

test('a generation is known by the archive, by the records of this node and of others, and by what was deleted', async ({
  ca,
  directory,
}) => {
  const pruned = await ca.issue([NAME]);
  const kept = await ca.issue([NAME]);
  const rsa = await ca.issue([NAME], { keyType: 'rsa' });
  await writeIssuerTree(directory, [rsa], { lineage: 'a.test-rsa' });
  const live = await writeLineage(directory, NAME, [pruned, kept]);
  await rm(join(directory, 'archive', NAME, 'cert1.pem'));
  const ids = [kept, pruned, rsa].map(({ certificate }) => leafIn(certificate).sha256);
  const [keptId = '', prunedId = '', rsaId = ''] = ids;
  const views = [viewWith([recordOf(id('1')), recordOf(id('2'), [], 'b.test')], [recordOf(id('3'))])];
  const records = {
    installedOf: async () => recordOf(id('4'), [prunedId]),
    deletionOf: async () => ({
      ...{ lineage: NAME, stamp: AT, from: 'web1', at: AT, others: [other(id('5'))] },
      ...{ isForced: false, isPending: false, kept: null, backup: null },
    }),
  };
  const whose = whoseIs(live, {
    isOfAnother: createLeafIndex(directory),
    recorded: async () => await recordedBy(NAME, records, views),
  });
  const asked = [keptId, prunedId, id('4'), id('1'), id('3'), id('5'), id('2'), id('6'), rsaId];
  const answers = [];
  for (const sha256 of asked) answers.push(await whose({ sha256 }));
  expect(answers).toEqual(['own', 'own', 'own', 'own', 'own', 'own', null, null, 'other']);
});

test('a lineage that lies elsewhere is known by its own archive', async ({ ca, directory }) => {
  const before = await ca.issue([NAME]);
  const live = await writeLineage(join(directory, 'elsewhere'), NAME, [before, await ca.issue([NAME])]);
  const whose = whoseIs(live, { isOfAnother: createLeafIndex(directory) });
  expect(await whose(leafIn(before.certificate))).toBe('own');
});
