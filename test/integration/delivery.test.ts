import { once } from 'node:events';
import { chmod, mkdir, rename } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, vi } from 'vitest';
import { createAgentServer } from '../../lib/agent/server.ts';
import { createWebroot } from '../../lib/challenge/webroot.ts';
import { createChannelClient } from '../../lib/channel/client.ts';
import type { ClusterNode } from '../../lib/config/config.ts';
import { createHttpDelivery } from '../../lib/delivery/http.ts';
import { createRsyncDelivery } from '../../lib/delivery/rsync.ts';
import { createSharedDelivery } from '../../lib/delivery/shared.ts';
import { createRecords } from '../../lib/install/records.ts';
import { describeDelivery, type DeliveryUnderTest } from '../support/delivery-contract.ts';
import { makeBundle, NAME } from '../support/bundle-maker.ts';
import { expect, test } from '../support/certificates.ts';
import { pathsIn } from '../support/installer-looks.ts';
import { freePort, loopbackAddresses } from '../support/loopback.ts';
import { newKey } from '../support/raw-channel.ts';
import { missingPrograms, startSshd } from '../support/sshd.ts';

function nodeAt(address: string, agentPort: number, name = 'web2'): ClusterNode {
  return { name, address, agentPort, webroot: '/nowhere', httpPort: 80, httpsPort: 443, isDrained: false };
}

async function makeInbox(inbox: string): Promise<string> {
  for (const name of ['bundles', 'activated'])
    await mkdir(join(inbox, name), { recursive: true, mode: 0o700 });
  await chmod(inbox, 0o700);
  return inbox;
}

async function mute(address: string) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  server.listen(0, address);
  await once(server, 'listening');
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

async function http(directory: string): Promise<DeliveryUnderTest> {
  const [address = ''] = loopbackAddresses(1);
  const [first, inbox] = [newKey(), await makeInbox(join(directory, 'inbox'))];
  await mkdir(join(directory, 'webroot'));
  const keys = { first, all: [first] };
  const agent = createAgentServer({
    ...{ node: 'web2', keys, inbox, heldVips: () => [], logger: pino({ level: 'silent' }) },
    webroot: createWebroot(join(directory, 'webroot')),
    requests: join(directory, 'requests'),
    records: createRecords(directory),
    nodes: ['web1', 'web2'],
  });
  await agent.listen({ host: address, port: 0 });
  const silent = await mute(address);
  const client = createChannelClient('web1', keys);
  const delivery = createHttpDelivery(client);
  const { port } = agent.server.address() as AddressInfo;
  return {
    ...{ delivery, inbox, seesBundles: true, blind: null },
    peer: nodeAt(address, port),
    down: {
      delivery,
      peer: nodeAt(address, await freePort([address])),
      reason: /^agent port \d+: connection refused: is certbot-ha-agent running there\?$/,
    },
    hanging: { delivery, peer: nodeAt(address, silent.port) },
    close: async () => {
      await client.close();
      silent.close();
      await agent.close();
    },
  };
}

describeDelivery('http', http);

describeDelivery('shared', async (directory): Promise<DeliveryUnderTest> => {
  const peer = nodeAt('192.0.2.2', 1);
  const inbox = await makeInbox(join(directory, 'inbox', 'web2'));
  const delivery = createSharedDelivery(directory);
  const close = async () => undefined;
  return { delivery, peer, inbox, down: null, hanging: null, seesBundles: true, blind: null, close };
});

const missing = await missingPrograms();
if (missing.length > 0) {
  const message = `delivery by rsync over ssh is not tested: not installed: ${missing.join(', ')}`;
  if (process.env['CI']) throw new Error(message);
  console.warn(message);
}

describe.skipIf(missing.length > 0)('over a real sshd', () => {
  describeDelivery(
    'rsync, with rrsync forced onto the inbox',
    async (directory) => await rsync(directory, 'forced'),
  );
  describeDelivery(
    'rsync, with rrsync forced onto the inbox for writing alone',
    async (directory) => await rsync(directory, 'write-only'),
  );
  describeDelivery(
    'rsync, with an ordinary account',
    async (directory) => await rsync(directory, 'ordinary'),
  );
  describeDelivery(
    'rsync, with a key of its own for the inbox',
    async (directory) => await rsync(directory, 'own key'),
  );
});

async function rsync(
  directory: string,
  how: 'forced' | 'write-only' | 'ordinary' | 'own key',
): Promise<DeliveryUnderTest> {
  const [address = ''] = loopbackAddresses(1);
  const inbox = await makeInbox(join(directory, 'inbox'));
  const rrsync = how === 'write-only' ? '/usr/bin/rrsync -wo' : '/usr/bin/rrsync';
  const options = how === 'ordinary' ? '' : `command="${rrsync} ${inbox}",restrict`;
  const sshd = await startSshd(join(directory, 'ssh'), address, options);
  // The delivery takes ssh from the path; this one knows the test's host key.
  vi.stubEnv('PATH', `${sshd.bin}:${process.env['PATH']}`);
  const { port, user, identityFile } = sshd;
  if (how === 'own key') await rename(identityFile, `${identityFile}.inbox`);
  const silent = await mute(address);
  const on = (sshPort: number) =>
    createRsyncDelivery({ rsync: { user, identityFile, port: sshPort }, stateDir: directory });
  return {
    ...{ delivery: on(port), inbox, seesBundles: false },
    blind: how === 'write-only' ? /^rsync: write-only there: leave -wo out of the forced command$/ : null,
    peer: nodeAt(address, 1),
    down: {
      delivery: on(await freePort([address])),
      peer: nodeAt(address, 1),
      reason: /^ssh: port \d+: connection refused: is sshd running there\?$/,
    },
    hanging: { delivery: on(silent.port), peer: nodeAt(address, 1) },
    close: async () => {
      vi.unstubAllEnvs();
      silent.close();
      await sshd.close();
    },
  };
}

test.skipIf(missing.length > 0)(
  'a key that is forced onto a webroot lays no private key there',
  async ({ directory, ca }) => {
    const [address = ''] = loopbackAddresses(1);
    const webroot = join(directory, 'webroot');
    await mkdir(join(webroot, '.well-known/acme-challenge'), { recursive: true });
    const sshd = await startSshd(
      join(directory, 'ssh'),
      address,
      `command="/usr/bin/rrsync -wo ${webroot}",restrict`,
    );
    vi.stubEnv('PATH', `${sshd.bin}:${process.env['PATH']}`);
    const { port, user, identityFile } = sshd;
    const delivery = createRsyncDelivery({ rsync: { user, identityFile, port }, stateDir: directory });
    const bundle = makeBundle(await ca.issue([NAME]), { configDir: '/etc/letsencrypt' });
    const outcome = await delivery.stage(nodeAt(address, 1), bundle, AbortSignal.timeout(10_000));
    vi.unstubAllEnvs();
    await sshd.close();
    expect(outcome).toMatchObject({ isOk: false });

    expect(await pathsIn(webroot)).toEqual(['.well-known/', '.well-known/acme-challenge/']);
  },
);
