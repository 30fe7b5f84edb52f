import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { presentEverywhere } from '../../../lib/batch/present.ts';
import { createWebroot } from '../../../lib/challenge/webroot.ts';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import type { ClusterNode } from '../../../lib/cluster/config.ts';
import { makeChallenges } from '../../support/cluster/challenge.ts';
import { createFakeTransport } from '../../support/cluster/fake-transport.ts';
import { expect, test } from '../../support/temporary.ts';

test('what is interrupted while it writes on this node has written all, and tells of no file server', async ({
  directory,
}) => {
  const webroot = join(directory, 'web1');
  await mkdir(webroot);
  await createWebroot(webroot).check();
  const ports = { agentPort: 1, httpPort: 1, httpsPort: 1 };
  const self: ClusterNode = { name: 'web1', address: '127.0.0.1', isDrained: false, webroot, ...ports };
  const gate = { timeoutMs: 5_000, require: 'all' };
  const cluster = {
    config: { gate, vips: [], nodes: [self], stateDir: directory, webServer: { runsOn: 'all' } },
    self,
    peers: [],
  } as unknown as Cluster;
  const interruption = new AbortController();
  const challenges = makeChallenges(50);
  const presenting = presentEverywhere(cluster, createFakeTransport().transport, challenges, {
    signal: interruption.signal,
  });
  interruption.abort();
  expect(await presenting).toMatchObject({ isMet: false });
  expect(await readdir(createWebroot(webroot).directory)).toHaveLength(50);
});
