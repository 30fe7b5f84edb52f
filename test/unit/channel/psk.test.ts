import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type ConnectionOptions, type TlsOptions } from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ClusterKeys } from '../../../lib/channel/key-file.ts';
import { clientTls, isKeyed, serverTls } from '../../../lib/channel/psk.ts';
import { test as certified } from '../../support/lineage/certificates.ts';

const [OLD, NEW, OTHER] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const keys = (first: Buffer, ...more: readonly Buffer[]): ClusterKeys => ({ first, all: [first, ...more] });

/** The key the server would try for this client. */
function tried(client: ClusterKeys, server: ClusterKeys) {
  const { psk, identity } = clientTls('web1', client).pskCallback();
  return { psk, found: serverTls(server).pskCallback(null, identity) };
}

describe('while a key is changed', () => {
  test.for([
    ['nobody has the new one yet', keys(OLD), keys(OLD)],
    ['the server has both', keys(OLD), keys(OLD, NEW)],
    ['the server uses the new one', keys(OLD), keys(NEW, OLD)],
    ['the client uses the new one', keys(NEW, OLD), keys(OLD, NEW)],
    ['the server has dropped the old one', keys(NEW, OLD), keys(NEW)],
  ] as const)('they understand each other when %s', ([, client, server]) => {
    const { psk, found } = tried(client, server);
    expect(found?.equals(psk)).toBe(true);
  });

  test('a key that the server does not have is none', () => {
    expect(tried(keys(OTHER), keys(OLD, NEW)).found).toBeNull();
  });
});

test('the identity is the node’s name, and gives nothing of the key away', () => {
  const { identity } = clientTls('web1', keys(OLD)).pskCallback();
  expect(identity).toMatch(/^web1#[0-9a-f]{8}$/);
  expect(OLD.toString('hex')).not.toContain(identity.slice(-8));
});

test('a client that sends only its name is tried with the first key', () => {
  expect(serverTls(keys(NEW, OLD)).pskCallback(null, 'web1')).toBe(NEW);
});

/** How a connection to this server ends: whether both sides have used the key, or why there is none. */
async function connected(server: TlsOptions, client: ConnectionOptions): Promise<boolean | string> {
  const listening = createServer(server, (socket) => void socket.on('error', () => undefined));
  listening.on('tlsClientError', () => undefined);
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const socket = connect({ ...client, port: (listening.address() as AddressInfo).port, host: '127.0.0.1' });
  onTestFinished(() => {
    socket.destroy();
    listening.close();
  });
  return await new Promise((resolve) => {
    socket.once('secureConnect', () => resolve(isKeyed(socket)));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

describe('a server that shows a certificate in place of the key', () => {
  certified('is refused whatever the environment lets through', async ({ ca }) => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    onTestFinished(() => void vi.unstubAllEnvs());
    const { certificate, chain, key } = await ca.issue(['127.0.0.1']);
    const impostor = { cert: certificate + chain, key };
    expect(await connected(impostor, clientTls('web1', keys(OLD)))).toMatch(/^UNABLE_TO_/);
  });

  certified('is told from one with the key by the connection, too', async ({ ca }) => {
    const { certificate, chain, key } = await ca.issue(['127.0.0.1']);
    const lenient = { ...clientTls('web1', keys(OLD)), rejectUnauthorized: false };
    expect(await connected({ cert: certificate + chain, key }, lenient)).toBe(false);
    expect(await connected(serverTls(keys(OLD)), lenient)).toBe(true);
  });
});

test('both sides speak TLS 1.3 and nothing else', () => {
  for (const options of [clientTls('web1', keys(OLD)), serverTls(keys(OLD))]) {
    expect(options).toMatchObject({ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' });
  }
});
