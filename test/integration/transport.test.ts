import { deliveriesBelow } from '../support/deliveries-below.ts';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, vi } from 'vitest';
import { pino } from 'pino';
import { createAgentServer } from '../../lib/agent/server.ts';
import { createWebroot } from '../../lib/challenge/webroot.ts';
import { readKeyFile } from '../../lib/channel/key-file.ts';
import type { ClusterNode } from '../../lib/cluster/config.ts';
import { createHttpTransport } from '../../lib/transports/http/challenges.ts';
import { createRsyncTransport } from '../../lib/transports/rsync/challenges.ts';
import { createSharedTransport } from '../../lib/transports/shared/challenges.ts';
import { createFakeTransport } from '../support/fake-transport.ts';
import { freePort, loopbackAddresses } from '../support/loopback.ts';
import { missingPrograms, startSshd } from '../support/sshd.ts';
import { mute } from '../support/mute-server.ts';
import { describeTransport, type TransportUnderTest } from '../support/transport-contract.ts';

async function nodeIn(directory: string, name: string, address: string, agentPort = 0): Promise<ClusterNode> {
  const webroot = join(directory, name);
  await mkdir(webroot, { recursive: true });
  await createWebroot(webroot).check();
  return { name, address, webroot, agentPort, httpPort: 80, httpsPort: 443, isDrained: false };
}

describeTransport('http', async (directory): Promise<TransportUnderTest> => {
  const [address = ''] = loopbackAddresses(1);
  const keyFile = join(directory, 'cluster.key');
  const key = randomBytes(32).toString('hex');
  await writeFile(keyFile, key);
  await chmod(keyFile, 0o600);
  const keys = readKeyFile(keyFile);
  const [self, peer] = [await nodeIn(directory, 'web1', address), await nodeIn(directory, 'web2', address)];
  const agent = createAgentServer({
    node: 'web2',
    keys,
    webroot: createWebroot(peer.webroot),
    heldVips: () => [],
    ...deliveriesBelow(directory),
    logger: pino({ level: 'silent' }),
  });
  await agent.listen({ host: address, port: 0 });
  const { port } = agent.server.address() as AddressInfo;
  const silent = await mute(address);
  const transport = createHttpTransport('web1', keys);
  return {
    transport,
    abilities: { hasAgents: true, inbox: 'own', answersBy: 'agent', needsKey: true },
    self,
    peer: { ...peer, agentPort: port },
    down: {
      transport,
      peer: { ...peer, agentPort: await freePort([address]) },
      reason: /^agent port \d+: connection refused: is certbot-ha-agent running there\?$/,
    },
    hanging: { transport, peer: { ...peer, agentPort: silent.port } },
    secrets: [key, keys.first.toString('base64')],
    close: async () => {
      await transport.close();
      silent.close();
      await agent.close();
    },
  };
});

const missing = await missingPrograms();
if (missing.length > 0) {
  const message = `rsync over ssh is not tested: not installed: ${missing.join(', ')}`;
  if (process.env['CI']) throw new Error(message);
  console.warn(message);
}

describe.skipIf(missing.length > 0)('over a real sshd', () => {
  describeTransport(
    'rsync, with rrsync forced onto the webroot',
    async (directory) => await rsync(directory, true),
  );
  describeTransport('rsync, with an ordinary account', async (directory) => await rsync(directory, false));
});

async function rsync(directory: string, isForced: boolean): Promise<TransportUnderTest> {
  const [address = ''] = loopbackAddresses(1);
  const [self, peer] = [await nodeIn(directory, 'web1', address), await nodeIn(directory, 'web2', address)];
  const sshd = await startSshd(
    join(directory, 'ssh'),
    address,
    isForced ? `command="/usr/bin/rrsync -wo ${peer.webroot}",restrict` : '',
  );
  // The transport takes ssh from the path; this one knows the test's host key.
  vi.stubEnv('PATH', `${sshd.bin}:${process.env['PATH']}`);
  const silent = await mute(address);
  const { port, user, identityFile } = sshd;
  const stateDir = join(directory, 'state');
  const on = (sshPort: number) =>
    createRsyncTransport({ rsync: { user, identityFile, port: sshPort }, stateDir });
  return {
    transport: on(port),
    abilities: { hasAgents: false, inbox: 'own', answersBy: 'inbox', needsKey: false },
    self,
    peer,
    down: {
      transport: on(await freePort([address])),
      peer,
      reason: /^ssh: port \d+: connection refused: is sshd running there\?$/,
    },
    hanging: { transport: on(silent.port), peer },
    secrets: readFileSync(identityFile, 'utf8').split('\n').slice(1, -2),
    close: async () => {
      vi.unstubAllEnvs();
      silent.close();
      await sshd.close();
    },
  };
}

describeTransport('shared', async (directory): Promise<TransportUnderTest> => {
  const shared = await nodeIn(directory, 'shared', '127.0.0.1');
  const transport = createSharedTransport(directory);
  const close = async () => await transport.close();
  return {
    transport,
    abilities: { hasAgents: false, inbox: 'shared', answersBy: 'inbox', needsKey: false },
    self: shared,
    peer: shared,
    down: null,
    hanging: null,
    secrets: [],
    close,
  };
});

describeTransport('fake', async (directory): Promise<TransportUnderTest> => {
  const [self, peer] = [
    await nodeIn(directory, 'web1', '127.0.0.1'),
    await nodeIn(directory, 'web2', '127.0.0.1'),
  ];
  const { transport } = createFakeTransport();
  const down = createFakeTransport(() => 'down').transport;
  const hanging = createFakeTransport(() => 'hanging').transport;
  return {
    transport,
    abilities: { hasAgents: false, inbox: 'own', answersBy: 'inbox', needsKey: false },
    self,
    peer,
    down: { transport: down, peer, reason: /^connection refused$/ },
    hanging: { transport: hanging, peer },
    secrets: [],
    close: async () => await transport.close(),
  };
});
