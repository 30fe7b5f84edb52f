import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ClusterKeys } from '../../../lib/channel/key-file.ts';
import { clientTls, serverTls } from '../../../lib/channel/psk.ts';

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

test('both sides speak TLS 1.3 and nothing else', () => {
  for (const options of [clientTls('web1', keys(OLD)), serverTls(keys(OLD))]) {
    expect(options).toMatchObject({ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' });
  }
});
