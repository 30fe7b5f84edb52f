import { transportsOf } from '../../../lib/cluster/abilities.ts';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import { runInstallLineage } from '../../../lib/commands/run-install-lineage.ts';
import { processInbox, type InboxOptions } from '../../../lib/installer/install-all.ts';
import { clusterIn, deadAt, tenSecondsLater } from '../../support/strange/dead-mount.ts';
import { expect, test } from '../../support/temporary.ts';

const WAYS = [{}, { wait: 5 }, { watch: true }];

test.for(WAYS)('a shared filesystem that is away ends it in time, with %j', async (way, { directory }) => {
  const env = await clusterIn(directory);
  const place = join(directory, 'state/shared/web1');
  const io = {
    env,
    out: () => undefined,
    err: () => undefined,
    interruption: () => new AbortController().signal,
  };
  const silent = { findings: [{ code: 'file-system-silent', place }] };
  const run = async () => await runInstallLineage(io as never, way, deadAt(place));
  expect(await tenSecondsLater(run)).toMatchObject(silent);
});

test('nothing is told of what it waits for while it stays: that would never be over', async ({
  directory,
}) => {
  const env = await clusterIn(directory);
  await mkdir(join(directory, 'state/shared'), { recursive: true });
  const said: string[] = [];
  const io = {
    env,
    out: () => undefined,
    err: () => undefined,
    progress: {
      pause: () => {
        said.push('paused');
        return () => void said.push('resumed');
      },
    },
    interruption: () => AbortSignal.abort(),
  };
  await runInstallLineage(io as never, { watch: true });
  expect(said).toEqual(['paused', 'resumed']);
  await runInstallLineage(io as never, {});
  expect(said).toHaveLength(2);
});

test('so it is of one that goes away while it watches', async ({ directory }) => {
  const place = join(directory, 'state/shared/web1');
  const config = {
    stateDir: join(directory, 'state'),
    transport: transportsOf('shared'),
    certificates: { configDir: directory },
  };
  const cluster = { config, self: { name: 'web1' }, peers: [] } as unknown as Cluster;
  const options = { now: () => new Date(), look: deadAt(place) } as InboxOptions;
  const run = async () => await processInbox(cluster, options, () => undefined);
  expect(await tenSecondsLater(run)).toMatchObject({ findings: [{ code: 'file-system-silent', place }] });
});
