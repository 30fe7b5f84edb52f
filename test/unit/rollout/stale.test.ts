// @module-tag slow
import { describe, onTestFinished } from 'vitest';
import type { Target } from '../../../lib/cluster/target.ts';
import type { Leaf } from '../../../lib/lineage/generation.ts';
import { createStaleness, type Place } from '../../../lib/rollout/stale.ts';
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
      answers.push(await look().servesOlder(await site(served), lineage, isBefore(own)));
    }
    expect(answers).toEqual([true, false, false, false]);
  });

  test('is not stale for serving an older one of the other key type beside it', async ({ ca, directory }) => {
    const older = await ca.issue(['a.test'], { keyType: 'ec', notBefore: new Date(Date.now() - DAY_MS) });
    const own = await ca.issue(['a.test'], { keyType: 'rsa' });
    const lineage = await readLineage(await writeLineage(directory, 'a.test', [own]));
    const both = [older, own];
    const tls = { cert: both.map((one) => one.certificate + one.chain), key: both.map(({ key }) => key) };
    expect(await look().servesOlder(await site(own, { tls }), lineage, () => true)).toBe(false);
  });

  test('is not stale for serving what another lineage has for the name', async ({ ca, directory }) => {
    const older = await ca.issue(['a.test'], { keyType: 'ec', notBefore: new Date(Date.now() - DAY_MS) });
    const own = await ca.issue(['a.test'], { keyType: 'rsa' });
    const lineage = await readLineage(await writeLineage(directory, 'a.test-rsa', [own]));
    const isOfAnother = async ({ sha256 }: Pick<Leaf, 'sha256'>, name: string) =>
      name === 'a.test-rsa' && sha256 === leafIn(older.certificate).sha256;
    const staleness = createStaleness(AbortSignal.timeout(20_000), () => {}, isOfAnother);
    expect(await staleness.servesOlder(await site(older), lineage, () => true)).toBe(false);
  });

  test('is looked at no more, and told of once, when it cannot be seen', async ({ ca, directory }) => {
    const { port, close } = await mute('127.0.0.1');
    onTestFinished(close);
    const lineage = await readLineage(await writeLineage(directory, 'a.test', [await ca.issue(['a.test'])]));
    const told: string[] = [];
    const staleness = look(told);
    const blind = node(port);
    expect(await staleness.servesOlder(blind, lineage, () => true)).toBe(false);
    const startedMs = performance.now();
    expect(await staleness.servesOlder(blind, lineage, () => true)).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    expect(told).toEqual([`port ${port}: connected, but no TLS handshake within 5 s [tls-handshake-slow]`]);
  });
});
