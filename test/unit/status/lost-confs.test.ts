import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lostConfs } from '../../../lib/status/lost-confs.ts';
import { expect, test } from '../../support/lineage/certificates.ts';
import { writeLineage } from '../../support/lineage/tree.ts';

test('what the cluster has and this node would not renew is told, and no other directory', async ({
  directory,
  ca,
}) => {
  const known = new Set(['a.test', 'b.test', 'empty.test', 'elsewhere.test']);
  expect(await lostConfs(directory, known)).toEqual([]);
  for (const name of ['a.test', 'b.test', 'strange.test'])
    await writeLineage(directory, name, [await ca.issue([name])]);
  await mkdir(join(directory, 'live/empty.test'));
  await mkdir(join(directory, 'renewal'));
  await writeFile(join(directory, 'renewal/a.test.conf'), 'authenticator = manual\n');
  expect(await lostConfs(directory, known)).toEqual([{ code: 'lineage-not-renewed', lineage: 'b.test' }]);
});
