import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import { shownHere } from '../../../lib/gate/shown-here.ts';
import { serveTls } from '../../support/cluster/tls-site.ts';
import { NAME, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test } from '../../support/lineage/certificates.ts';

test('a lineage is seen where this node presents it, or an older one of it, and not another lineage of the name', async ({
  ca,
  directory,
}) => {
  const configDir = join(directory, 'letsencrypt');
  // One by one: a CA that issues has its index open.
  const old = await ca.issue([NAME]);
  const now = await ca.issue([NAME]);
  const other = await ca.issue([NAME]);
  const strange = await ca.issue([NAME]);
  await writeIssuerTree(configDir, [old, now]);
  await writeIssuerTree(configDir, [other], { lineage: 'other' });
  const site = await serveTls(now);
  onTestFinished(site.close);
  const self = { name: 'web1', address: '127.0.0.1', httpPort: 80, httpsPort: site.port, isDrained: false };
  const config = {
    ...{ nodes: [self], vips: [], webServer: { runsOn: 'all' }, gate: {} },
    certificates: { configDir, lineages: {} },
  };
  const cluster = { config, self, peers: [] } as unknown as Cluster;
  const seen = { code: 'lineage-served', lineage: NAME, name: NAME, address: '127.0.0.1', port: site.port };
  expect(await shownHere(cluster, NAME)).toEqual(seen);
  site.use(old);
  expect(await shownHere(cluster, NAME)).toEqual(seen);
  for (const issued of [other, strange]) {
    site.use(issued);
    expect(await shownHere(cluster, NAME)).toBeNull();
  }
  site.use(other);
  expect(await shownHere(cluster, 'other')).toMatchObject({ lineage: 'other' });
  expect(await shownHere(cluster, 'none')).toBeNull();
  await site.close();
  expect(await shownHere(cluster, NAME)).toBeNull();
});
