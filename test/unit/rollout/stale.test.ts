// @module-tag slow
import { describe, onTestFinished } from 'vitest';
import type { Target } from '../../../lib/cluster/target.ts';
import type { Leaf } from '../../../lib/lineage/generation.ts';
import { createStaleness, type Place } from '../../../lib/rollout/stale.ts';
import type { Whose } from '../../../lib/lineage/leaf-index.ts';
import { readLineage } from '../../../lib/lineage/lineage.ts';
import { expect, test, type Issued } from '../../support/lineage/certificates.ts';
import { leafIn } from '../../support/lineage/bundle.ts';
import { writeLineage } from '../../support/lineage/tree.ts';
import { mute } from '../../support/programs/mute-server.ts';
import { serveTls, type TlsSiteOptions } from '../../support/cluster/tls-site.ts';

const DAY_MS = 86_400_000;
const node = (httpsPort: number): Place => ({
  target: { kind: 'node', name: 'web2', address: '127.0.0.1', httpsPort } as Target,
  service: null,
});

async function site(issued: Issued, options: TlsSiteOptions = {}): Promise<Place> {
  const { port, close } = await serveTls(issued, options);
  onTestFinished(close);
  return node(port);
}

const isBefore =
  ({ certificate }: Issued) =>
  ({ notBefore }: Leaf) =>
    Date.parse(notBefore) < Date.parse(leafIn(certificate).notBefore);

const whose = async () => 'own' as const;
const always = { isOlder: () => true, whose };

function look(told: string[] = []) {
  return createStaleness(AbortSignal.timeout(20_000), (_, reason) => told.push(reason));
}

describe('a node that has a lineage', () => {
  test('is stale when it serves an older certificate of the name, and not when it serves this or a newer one', async ({
    ca,
    directory,
  }) => {
    const at = async (days: number) =>
      await ca.issue(['a.test'], { notBefore: new Date(Date.now() - days * DAY_MS) });
    const [older, own, newer] = [await at(3), await at(2), await at(1)];
    const lineage = await readLineage(await writeLineage(directory, 'a.test', [own]));
    const answers = [];
    for (const served of [older, own, newer, await ca.issue(['b.test'])]) {
      answers.push(await look().servesOlder(await site(served), lineage, { isOlder: isBefore(own), whose }));
    }
    expect(answers).toEqual([true, false, false, false]);
  });

  test('is not stale for serving an older one of the other key type beside it', async ({ ca, directory }) => {
    const older = await ca.issue(['a.test'], { keyType: 'ec', notBefore: new Date(Date.now() - DAY_MS) });
    const own = await ca.issue(['a.test'], { keyType: 'rsa' });
    const lineage = await readLineage(await writeLineage(directory, 'a.test', [own]));
    const both = [older, own];
    const tls = { cert: both.map((one) => one.certificate + one.chain), key: both.map(({ key }) => key) };
    expect(await look().servesOlder(await site(own, { tls }), lineage, always)).toBe(false);
  });

  test('is not stale for serving what is none of the lineage, unless the configuration says that this is served', async ({
    ca,
    directory,
  }) => {
    const older = await ca.issue(['a.test'], { keyType: 'ec', notBefore: new Date(Date.now() - DAY_MS) });
    const own = await ca.issue(['a.test'], { keyType: 'rsa' });
    const lineage = await readLineage(await writeLineage(directory, 'a.test-rsa', [own]));
    const { target } = await site(older);
    const web = { target, service: null };
    const said = { target, service: { port: target.httpsPort, starttls: null } };
    const isStale = async (place: Place, of: Awaited<ReturnType<Whose>>) =>
      await look().servesOlder(place, lineage, { isOlder: () => true, whose: async () => of });
    for (const place of [web, said]) {
      expect(await isStale(place, 'other')).toBe(false);
      expect(await isStale(place, 'own')).toBe(true);
      expect(await isStale(place, null)).toBe(place === said);
    }
  });

  test('is looked at no more, and told of once, when it cannot be seen', async ({ ca, directory }) => {
    const { port, close } = await mute('127.0.0.1');
    onTestFinished(close);
    const lineage = await readLineage(await writeLineage(directory, 'a.test', [await ca.issue(['a.test'])]));
    const told: string[] = [];
    const staleness = look(told);
    const blind = node(port);
    expect(await staleness.servesOlder(blind, lineage, always)).toBe(false);
    const startedMs = performance.now();
    expect(await staleness.servesOlder(blind, lineage, always)).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    expect(told).toEqual([`port ${port}: connected, but no TLS handshake within 5 s [tls-handshake-slow]`]);
  });
});
