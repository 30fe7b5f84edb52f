import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OK } from '../../../lib/base/outcome.ts';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import { usesOf } from '../../../lib/removal/uses.ts';
import { expect, test } from '../../support/lineage/certificates.ts';

test("each test is run once: the web server's, and that of a lineage that has its own", async ({
  directory,
}) => {
  const file = join(directory, 'runs');
  const noting = (what: string) => ['sh', '-c', `echo ${what} >>'${file}'`];
  const lineages = {
    'own.example.test': { test: [noting('own')] },
    'apart.example.test': { reload: [noting('reload')] },
  };
  const webServer = { kind: 'nginx', test: noting('all'), reload: null, runsOn: 'all' };
  const cluster = { config: { certificates: { lineages }, webServer } } as unknown as Cluster;
  for (const name of ['a.example.test', 'own.example.test', 'apart.example.test']) {
    const uses = usesOf(cluster, name, process.env);
    expect(uses.hasTest).toBe(true);
    expect(await uses.test()).toEqual(OK);
  }
  expect((await readFile(file, 'utf8')).split('\n')).toEqual(['all', 'own', 'all', 'all', '']);
});
