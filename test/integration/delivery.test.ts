// @module-tag slow
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createChannelClient } from '../../lib/channel/client.ts';
import { createHttpDelivery } from '../../lib/transports/http/delivery.ts';
import { createSharedDelivery } from '../../lib/transports/shared/delivery.ts';
import { makeBundle, NAME } from '../support/lineage/bundle.ts';
import { describeDelivery, type DeliveryUnderTest } from '../support/contracts/delivery.ts';
import { expect, test } from '../support/lineage/certificates.ts';
import { serveAgent } from '../support/cluster/agent-server.ts';
import { makeInbox, nodeAt } from '../support/cluster/inbox.ts';
import { mute } from '../support/programs/mute-server.ts';
import { freePort, loopbackAddresses } from '../support/cluster/addresses.ts';

async function http(directory: string, takenWithinMs?: number): Promise<DeliveryUnderTest> {
  const [address = ''] = loopbackAddresses(1);
  const inbox = await makeInbox(join(directory, 'inbox'));
  await mkdir(join(directory, 'webroot'));
  const agent = await serveAgent(directory, { address });
  const { key, port } = agent;
  const silent = await mute(address);
  const client = createChannelClient('web1', { first: key, all: [key] });
  const delivery = createHttpDelivery(client, takenWithinMs);
  return {
    ...{ delivery, inbox, seesBundles: true },
    peer: nodeAt(address, port),
    down: {
      delivery,
      peer: nodeAt(address, await freePort([address])),
      reason:
        /^agent port \d+: connection refused: is certbot-ha-agent running there\? \[connection-refused\]$/,
    },
    hanging: { delivery, peer: nodeAt(address, silent.port) },
    close: async () => {
      await client.close();
      silent.close();
      await agent.close();
    },
  };
}

describeDelivery('http', async (directory) => await http(directory));

test('the delivery http does not wait long for an installer that does not begin, and does for one that works', async ({
  directory,
  ca,
}) => {
  const { delivery, peer, close } = await http(directory, 500);
  onTestFinished(close);
  const bundle = makeBundle(await ca.issue([NAME]), { configDir: '/etc/letsencrypt' });
  const id = bundle.manifest.leaf.sha256;
  const signal = AbortSignal.timeout(20_000);
  await delivery.stage(peer, bundle, signal);
  await delivery.activate(peer, { id, stamp: null }, signal);
  expect(await delivery.result(peer, id, signal)).toBe(null);
  expect(signal.aborted).toBe(false);

  await mkdir(join(directory, 'journal.lock'));
  const over = AbortSignal.timeout(1_500);
  const startedMs = performance.now();
  expect(await delivery.result(peer, id, over)).toBe(null);
  expect(performance.now() - startedMs).toBeGreaterThan(1_400);
});

test('the delivery shared can tell nothing, and does not fail, where the file system does', async ({
  directory,
}) => {
  await makeInbox(join(directory, 'shared', 'web2'));
  const result = await createSharedDelivery(directory).result(
    nodeAt('192.0.2.2', 1),
    'a'.repeat(300),
    AbortSignal.timeout(5_000),
  );
  expect(result).toEqual({
    state: 'unknown',
    reason: { code: 'system-error', error: expect.stringContaining('ENAMETOOLONG') },
  });
});

describeDelivery('shared', async (directory): Promise<DeliveryUnderTest> => {
  const peer = nodeAt('192.0.2.2', 1);
  const inbox = await makeInbox(join(directory, 'shared', 'web2'));
  const delivery = createSharedDelivery(directory);
  const close = async () => undefined;
  return { delivery, peer, inbox, down: null, hanging: null, seesBundles: true, close };
});
