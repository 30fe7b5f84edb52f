import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Target } from '../../../lib/cluster/target.ts';
import { MAX_CONNECTIONS } from '../../../lib/net/connections.ts';
import type { Activation } from '../../../lib/rollout/activation.ts';
import { sightOf } from '../../../lib/rollout/see.ts';
import { createStaleness } from '../../../lib/rollout/stale.ts';
import { expect, test } from '../../support/lineage/certificates.ts';

/** Takes connections, keeps each for a moment, and counts those that it has at once. */
async function counting() {
  let [open, most, all] = [0, 0, 0];
  const server = createServer((socket) => {
    open += 1;
    all += 1;
    most = Math.max(most, open);
    socket.on('error', () => undefined);
    setTimeout(() => {
      open -= 1;
      socket.destroy();
    }, 200);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, seen: () => ({ most, all }) };
}

function fiftyAt(httpsPort: number): readonly Target[] {
  return Array.from({ length: 50 }, (_, index) => {
    return { kind: 'node', name: `web${index}`, address: '127.0.0.1', httpsPort } as Target;
  });
}

test.for(['sync', 'a roll-out that was stopped'] as const)(
  'the looks of %s at fifty nodes keep to the limit of connections',
  async (who, { ca }) => {
    const leaf = new X509Certificate((await ca.issue(['a.test'])).certificate);
    const { port, seen } = await counting();
    const signal = AbortSignal.timeout(20_000);
    const staleness = createStaleness(signal, () => undefined);
    const known = { isOlder: () => true, whose: async () => null };
    const { probe } = sightOf({ lineage: { leaf }, services: null, signal } as unknown as Activation);
    const look = async (target: Target) =>
      await (who === 'sync'
        ? staleness.servesOlder({ target, service: null }, { leaf }, known)
        : probe(target));
    await Promise.all(fiftyAt(port).map(look));
    const { most, all } = seen();
    expect(all).toBe(50);
    expect(most).toBeGreaterThan(8);
    expect(most).toBeLessThanOrEqual(MAX_CONNECTIONS);
  },
);
