// @module-tag slow
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { loadCluster } from '../../lib/cluster/load.ts';
import { activate as activateOn } from '../../lib/rollout/activate.ts';
import { activationWithPeers } from '../../lib/rollout/activation.ts';
import type { Delivery } from '../../lib/transports/delivery.ts';
import { readLineage } from '../../lib/lineage/lineage.ts';
import { OK } from '../../lib/base/outcome.ts';
import { makeBundle, NAME } from '../support/lineage/bundle.ts';
import { expect, test, type Issued } from '../support/lineage/certificates.ts';
import { writeLineage } from '../support/lineage/tree.ts';
import { freePort, loopbackAddresses } from '../support/cluster/addresses.ts';
import { serveTls } from '../support/cluster/tls-site.ts';

const WORDS = [
  "staged and activated, but its installer's answer cannot be read [installation-unconfirmed]",
  'rsync: write-only there: leave -wo out of the forced command [rsync-write-only]',
];

/** Its bundles arrive, and it says no word of what becomes of them. */
const mute: Delivery = {
  stage: async () => OK,
  activate: async () => OK,
  result: async () => ({ state: 'unknown', reason: { code: 'rsync-write-only' } }),
};

interface Activation {
  readonly directory: string;
  readonly generations: readonly [Issued, ...Issued[]];
  /** on the peer's HTTPS port; default nothing */
  readonly served?: Issued;
  readonly delivery?: Delivery;
}

async function activate({ directory, generations, served, delivery = mute }: Activation) {
  const [self = '', address = ''] = loopbackAddresses(2);
  const httpsPort = await freePort([address]);
  if (served) onTestFinished((await serveTls(served, { address, port: httpsPort })).close);
  const file = join(directory, 'config.yaml');
  const nodes = { web1: self, web2: address };
  await writeFile(file, JSON.stringify({ nodes, self: 'web1', gate: { timeout: 2, httpsPort } }));
  const cluster = await loadCluster({ CERTBOT_HA_CONFIG: file });
  const issued = generations.at(-1) ?? generations[0];
  const bundle = makeBundle(issued, { configDir: directory, number: generations.length });
  const lineage = await readLineage(await writeLineage(directory, NAME, generations));
  const signal = AbortSignal.timeout(20_000);
  const usage = { isUsed: () => generations.length > 1 };
  const options = { cluster, delivery, usage, holdersOf: () => [], stamp: null, io: { env: {} }, signal };
  const activation = activationWithPeers({ bundle, lineage }, options);
  const [peer] = cluster.peers;
  if (peer === undefined) throw new Error('there is a peer');
  return await activateOn(peer, activation);
}

describe('a node whose installer nobody hears', () => {
  test('has taken it when it serves it', async ({ ca, directory }) => {
    const issued = await ca.issue([NAME]);
    const ending = await activate({ directory, generations: [issued], served: issued });
    expect(ending).toMatchObject({ state: 'served', messages: [expect.stringMatching(/^served \(/)] });
  });

  test('has a first generation outstanding that nothing there is configured for', async ({
    ca,
    directory,
  }) => {
    const ending = await activate({ directory, generations: [await ca.issue([NAME])] });
    expect(ending).toMatchObject({
      state: 'outstanding',
      messages: [...WORDS, expect.stringMatching(/^not in use there: /)],
    });
  });

  test('stops the roll-out when it goes on with the certificate from before', async ({ ca, directory }) => {
    const [before, after] = [await ca.issue([NAME]), await ca.issue([NAME])];
    const ending = await activate({ directory, generations: [before, after], served: before });
    expect(ending).toMatchObject({
      state: 'refused',
      messages: [expect.stringMatching(/serves another certificate of this name/), ...WORDS],
    });
  });
});

test('a node whose installer has installed it has taken it before anything is configured for it', async ({
  ca,
  directory,
}) => {
  const issued = await ca.issue([NAME]);
  const { leaf } = makeBundle(issued, { configDir: directory }).manifest;
  const at = '2026-11-24T00:00:00Z';
  const delivery: Delivery = {
    ...mute,
    result: async () => ({
      id: leaf.sha256,
      lineage: NAME,
      state: 'installed',
      findings: [],
      messages: [],
      at,
    }),
  };
  expect(await activate({ directory, generations: [issued], delivery })).toMatchObject({ state: 'unused' });
});

test('a node whose installer does not answer has it outstanding, whatever the transport', async ({
  ca,
  directory,
}) => {
  const delivery: Delivery = { ...mute, result: async () => null };
  expect(await activate({ directory, generations: [await ca.issue([NAME])], delivery })).toMatchObject({
    state: 'outstanding',
    messages: [
      'its installer has not answered: is certbot-ha-installer.path active there? [installer-silent]',
    ],
  });
});
