// @module-tag slow
import { join } from 'node:path';
import { describe } from 'vitest';
import { createWebroot } from '../../lib/challenge/webroot.ts';
import { createHttpTransport } from '../../lib/transports/http/challenges.ts';
import { createRsyncTransport } from '../../lib/transports/rsync/challenges.ts';
import { createSharedTransport } from '../../lib/transports/shared/challenges.ts';
import { serveAgent } from '../support/cluster/agent-server.ts';
import { createFakeTransport } from '../support/cluster/fake-transport.ts';
import { freePort, loopbackAddresses } from '../support/cluster/addresses.ts';
import { nodeIn } from '../support/cluster/node-in.ts';
import { missingPrograms, startSshd } from '../support/programs/sshd.ts';
import { mute } from '../support/programs/mute-server.ts';
import { overSsh } from '../support/contracts/over-ssh.ts';
import { describeTransport, type TransportUnderTest } from '../support/contracts/transport.ts';

describeTransport('http', async (directory): Promise<TransportUnderTest> => {
  const [address = ''] = loopbackAddresses(1);
  const [self, peer] = [await nodeIn(directory, 'web1', address), await nodeIn(directory, 'web2', address)];
  const agent = await serveAgent(directory, { address, webroot: createWebroot(peer.webroot) });
  const { key, port } = agent;
  const silent = await mute(address);
  const transport = createHttpTransport('web1', { first: key, all: [key] });
  return {
    transport,
    abilities: { hasAgents: true, isWebrootShared: false, source: 'given', needsKey: true },
    self,
    peer: { ...peer, agentPort: port },
    down: {
      transport,
      peer: { ...peer, agentPort: await freePort([address]) },
      reason:
        /^agent port \d+: connection refused: is certbot-ha-agent running there\? \[connection-refused\]$/,
    },
    hanging: { transport, peer: { ...peer, agentPort: silent.port } },
    secrets: [key.toString('hex'), key.toString('base64')],
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
  const { user, identityFile, sshConfig } = sshd;
  const stateDir = join(directory, 'state');
  const on = (port: number) =>
    createRsyncTransport({ rsync: { user, identityFile, port, sshConfig }, stateDir });
  return {
    ...(await overSsh(sshd, peer, on)),
    abilities: { hasAgents: false, isWebrootShared: false, source: 'given', needsKey: false },
    self,
    peer,
  };
}

describeTransport('shared', async (directory): Promise<TransportUnderTest> => {
  const shared = await nodeIn(directory, 'shared', '127.0.0.1');
  const transport = createSharedTransport();
  const close = async () => await transport.close();
  return {
    transport,
    abilities: { hasAgents: false, isWebrootShared: true, source: 'webroot', needsKey: false },
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
    abilities: { hasAgents: false, isWebrootShared: false, source: 'given', needsKey: false },
    self,
    peer,
    down: {
      transport: down,
      peer,
      reason: /^connection refused: is certbot-ha-agent running there\? \[connection-refused\]$/,
    },
    hanging: { transport: hanging, peer },
    secrets: [],
    close: async () => await transport.close(),
  };
});
