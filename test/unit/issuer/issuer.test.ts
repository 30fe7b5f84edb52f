import { transportsOf } from '../../../lib/cluster/abilities.ts';
import { lineOf } from '../../../lib/findings/words.ts';
import { once } from 'node:events';
import { readdir, rename } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { createChannelClient, type ChannelClient } from '../../../lib/channel/client.ts';
import { LINEAGES, STATUS, SYNC_REQUESTS } from '../../../lib/channel/protocol.ts';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import type { ClusterNode, Config } from '../../../lib/cluster/config.ts';
import { catchUp } from '../../../lib/issuer/catch-up.ts';
import { issuershipOf, type Issuership } from '../../../lib/issuer/issuer.ts';
import type { InstalledRecord } from '../../../lib/state/records.ts';
import { leafIn, NAME, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { ACCOUNT } from '../../support/lineage/renewal-conf.ts';
import { expect, test, type Issued } from '../../support/lineage/certificates.ts';
import { writeLineage } from '../../support/lineage/tree.ts';
import { newKey } from '../../support/cluster/raw-channel.ts';

const node = (name: string, isDrained = false, agentPort = 1): ClusterNode => ({
  ...{ name, address: '127.0.0.1', isDrained, agentPort },
  ...{ webroot: '/srv', httpPort: 80, httpsPort: 443 },
});
const [self, peer] = [node('web1'), node('web2')];
const held = '192.0.2.1';
const onLoopback = '192.0.2.77';
/** What this machine has, as a holder has the VIP. */
const HERE = { outward: [held], loopback: ['127.0.0.1', onLoopback] };
const elsewhere = '192.0.2.10';

function clusterWith(
  certificates: Partial<Config['certificates']>,
  vips: readonly string[] = [],
  peers = [peer],
): Cluster {
  const config = {
    ...{ nodes: [self, ...peers], vips, transport: transportsOf('http') },
    certificates: { mode: 'shared', issuer: 'vip', configDir: '/etc/letsencrypt', ...certificates },
  } as unknown as Config;
  return { config, self, peers };
}

/** As `is-issuer` prints it. */
function saidOf(issuership: Issuership): string {
  return issuership.isIssuer ? issuership.why : lineOf(issuership.reason);
}

describe('who renews', () => {
  const table = [
    ['the holder of the first VIP', { issuer: 'vip' }, [held], true, `web1 renews: it holds the VIP ${held}`],
    [
      'not another node',
      { issuer: 'vip' },
      [elsewhere],
      false,
      `web1 does not renew: this node does not hold the VIP ${elsewhere} [vip-not-held]`,
    ],
    [
      'not the holder of the second VIP',
      { issuer: 'vip' },
      [elsewhere, held],
      false,
      `web1 does not renew: this node does not hold the VIP ${elsewhere} [vip-not-held]`,
    ],
    [
      'the holder of the first, whatever the second',
      { issuer: 'vip' },
      [held, elsewhere],
      true,
      `web1 renews: it holds the VIP ${held}`,
    ],
    [
      'the node that is named',
      { issuer: 'web1' },
      [elsewhere],
      true,
      'web1 renews: it is certificates.issuer',
    ],
    [
      'not the holder where another is named',
      { issuer: 'web2' },
      [held],
      false,
      'web1 does not renew: certificates.issuer is web2 [other-issuer]',
    ],
    ['each where any may', { issuer: 'any' }, [elsewhere], true, 'web1 renews: certificates.issuer is any'],
    [
      'each in per-node mode',
      { mode: 'per-node', issuer: 'web2' },
      [],
      true,
      'web1 renews: certificates.mode is per-node',
    ],
  ] as const;
  test.for(table)('is %s', ([, certificates, vips, isIssuer, reason]) => {
    const issuership = issuershipOf(clusterWith(certificates, vips), null, HERE);
    expect(issuership.isIssuer).toBe(isIssuer);
    expect(saidOf(issuership)).toBe(reason);
  });
});

const saysToHold = (holder: ClusterNode, ...heldVips: readonly string[]) => ({ node: holder, heldVips });

test.for([
  [
    [saysToHold(peer, elsewhere)],
    `web1 does not renew: web2 holds the VIP ${elsewhere} [vip-held-elsewhere]`,
  ],
  [
    [saysToHold(peer)],
    `web1 does not renew: no node that answers holds the VIP ${elsewhere} [vip-held-by-nobody]`,
  ],
  [null, `web1 does not renew: this node does not hold the VIP ${elsewhere} [vip-not-held]`],
] as const)('who does not renew says no more of the holder than is known: %j', ([others, reason]) => {
  const issuership = issuershipOf(clusterWith({}, [elsewhere]), others, HERE);
  expect(issuership.isIssuer).toBe(false);
  expect(saidOf(issuership)).toBe(reason);
});

describe('a VIP on the loopback interface', () => {
  test('makes nobody the issuer, and the words lead out', () => {
    const issuership = issuershipOf(clusterWith({}, [onLoopback]), [], HERE);
    expect(issuership).toMatchObject({
      isIssuer: false,
      reason: { code: 'vip-on-loopback', vip: onLoopback },
    });
  });

  test('goes to whoever has it on another interface', () => {
    expect(issuershipOf(clusterWith({}, [onLoopback]), [saysToHold(peer, onLoopback)], HERE)).toMatchObject({
      reason: { code: 'vip-held-elsewhere', holder: 'web2' },
    });
    const both = { outward: [held, onLoopback], loopback: [onLoopback] };
    expect(issuershipOf(clusterWith({}, [onLoopback]), [], both).isIssuer).toBe(true);
  });
});

describe('what is odd about the VIPs, for whoever asks who is to renew', () => {
  const third = node('web3');
  const peers = [peer, third];

  test('two that hold one, of which this node is one: it renews', () => {
    expect(issuershipOf(clusterWith({}, [held]), [saysToHold(peer, held)], HERE)).toMatchObject({
      isIssuer: true,
      odd: [{ code: 'vip-held-twice', address: held, nodes: ['web1', 'web2'] }],
    });
  });

  test('two others that hold one', () => {
    const others = peers.map((one) => saysToHold(one, elsewhere));
    expect(issuershipOf(clusterWith({}, [elsewhere], peers), others, HERE)).toMatchObject({
      ...{ isIssuer: false, reason: { code: 'vip-held-elsewhere', holder: 'web2' } },
      odd: [{ code: 'vip-held-twice', address: elsewhere, nodes: ['web2', 'web3'] }],
    });
  });

  test('a second VIP that nobody holds, where all peers answer', () => {
    const cluster = clusterWith({}, [held, elsewhere], peers);
    const others = peers.map((one) => saysToHold(one));
    expect(issuershipOf(cluster, others, HERE).odd).toEqual([
      { code: 'vip-without-holder', address: elsewhere },
    ]);
    expect(issuershipOf(cluster, others.slice(1), HERE).odd).toEqual([]);
  });

  test('not that nobody holds the first, which is why nobody renews', () => {
    const others = peers.map((one) => saysToHold(one));
    expect(issuershipOf(clusterWith({}, [elsewhere], peers), others, HERE)).toMatchObject({
      ...{ reason: { code: 'vip-held-by-nobody' }, odd: [] },
    });
  });
});

/** A peer's agent, as far as catching up asks it; what is told is the answer of the moment. */
function answering(
  installed: () => readonly InstalledRecord[],
  onRequest: () => Promise<void> | void = () => undefined,
) {
  const asked: string[] = [];
  const request = async (
    to: ClusterNode,
    method: 'GET' | 'PUT' | 'POST',
    path: string,
    { body }: { readonly body?: unknown },
  ) => {
    asked.push(`${method} ${to.name} ${path}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`);
    if (path === SYNC_REQUESTS) await onRequest();
    const bodies: Readonly<Record<string, unknown>> = {
      [STATUS]: { vips: [] },
      [LINEAGES]: { lineages: installed() },
    };
    return { isOk: true, body: bodies[path] as never } as const;
  };
  const client = { request, close: async () => undefined } satisfies ChannelClient;
  return { client, asked };
}

const recordOf = ({ certificate }: Issued, lineage = NAME): InstalledRecord => ({
  ...{
    lineage,
    leaf: leafIn(certificate),
    number: 1,
    names: [lineage],
    from: 'web2',
    installedAt: '2026-11-24T00:00:00Z',
  },
});
const REQUEST = `POST web2 ${SYNC_REQUESTS} {"node":"web1"}`;

/** No record of this node's own. */
const nothingRecorded = { installedOf: async () => null, deletionOf: async () => null };

const NOTHING = { lacking: [], withoutAccount: [], silent: [] };

describe('catching up', () => {
  test('asks for nothing where nothing is newer', async ({ ca, directory }) => {
    const issued = await ca.issue([NAME]);
    await writeLineage(directory, NAME, [issued]);
    const { client, asked } = answering(() => [recordOf(issued)]);
    expect(
      await catchUp(
        clusterWith({ configDir: directory }),
        nothingRecorded,
        AbortSignal.timeout(5_000),
        () => client,
      ),
    ).toEqual(NOTHING);
    expect(asked).toEqual([`GET web2 ${STATUS}`, `GET web2 ${LINEAGES}`]);
  });

  test('asks once for what is newer there, and ends when it has arrived', async ({ ca, directory }) => {
    const old = await ca.issue([NAME], { notBefore: new Date(Date.now() - 86_400_000) });
    const next = await ca.issue([NAME]);
    await writeLineage(directory, NAME, [old]);
    const { client, asked } = answering(
      () => [recordOf(next)],
      async () => void (await writeLineage(directory, NAME, [old, next])),
    );
    const startedMs = performance.now();
    expect(
      await catchUp(
        clusterWith({ configDir: directory }),
        nothingRecorded,
        AbortSignal.timeout(10_000),
        () => client,
      ),
    ).toEqual(NOTHING);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect(asked.filter((line) => line.startsWith('POST'))).toEqual([REQUEST]);
  });

  test('waits for an account that is lost here, with the generation that is here already', async ({
    ca,
    directory,
  }) => {
    const issued = await ca.issue([NAME]);
    await writeIssuerTree(directory, [issued]);
    const account = join(directory, 'accounts/ca.example.test:14000/dir', ACCOUNT);
    await rename(account, `${account}-away`);
    const { client, asked } = answering(
      () => [recordOf(issued)],
      () => void setTimeout(() => void rename(`${account}-away`, account), 400),
    );
    const noted = {
      ...nothingRecorded,
      installedOf: async () => ({ ...recordOf(issued), lacksAccount: ACCOUNT }),
    };
    const cluster = clusterWith({ configDir: directory });
    expect(await catchUp(cluster, noted, AbortSignal.timeout(10_000), () => client)).toEqual(NOTHING);
    expect(asked).toContain(REQUEST);
    expect(await readdir(account)).toHaveLength(3);
    // From a peer that does not bring it, is-issuer does not wait for as long as for what is newer.
    await rename(account, `${account}-away`);
    const silent = answering(() => [recordOf(issued)]).client;
    const limit = AbortSignal.timeout(30_000);
    expect(await catchUp(cluster, noted, limit, () => silent, undefined, 300)).toEqual({
      ...NOTHING,
      withoutAccount: [NAME],
    });
    expect(limit.aborted).toBe(false);
  });

  test('does not ask for what is older there', async ({ ca, directory }) => {
    const old = await ca.issue([NAME], { notBefore: new Date(Date.now() - 86_400_000) });
    await writeLineage(directory, NAME, [await ca.issue([NAME])]);
    const { client, asked } = answering(() => [recordOf(old)]);
    expect(
      await catchUp(
        clusterWith({ configDir: directory }),
        nothingRecorded,
        AbortSignal.timeout(5_000),
        () => client,
      ),
    ).toEqual(NOTHING);
    expect(asked).not.toContain(REQUEST);
  });

  test('is bounded by its signal, and names what has not arrived', async ({ ca, directory }) => {
    const issued = await ca.issue([NAME]);
    const { client } = answering(() => [recordOf(issued), recordOf(issued, 'b.example.test')]);
    const startedMs = performance.now();
    const { lacking } = await catchUp(
      clusterWith({ configDir: directory }),
      nothingRecorded,
      AbortSignal.timeout(400),
      () => client,
    );
    expect(performance.now() - startedMs).toBeLessThan(1_500);
    expect(lacking).toEqual([NAME, 'b.example.test']);
  });

  test.for([
    ['where every node keeps its own lineages', { mode: 'per-node' }, 'http'],
    ['where there are no agents', {}, 'rsync'],
  ] as const)('asks nobody %s', async ([, certificates, transport], { ca, directory }) => {
    const issued = await ca.issue([NAME]);
    const { client, asked } = answering(() => [recordOf(issued)]);
    const { config, ...nodes } = clusterWith({ configDir: directory, ...certificates });
    const cluster = { ...nodes, config: { ...config, transport: transportsOf(transport) } };
    expect(await catchUp(cluster, nothingRecorded, AbortSignal.timeout(5_000), () => client)).toEqual(
      NOTHING,
    );
    expect(asked).toEqual([]);
  });

  test('does not ask a node in maintenance', async ({ directory }) => {
    const { client, asked } = answering(() => []);
    await catchUp(
      clusterWith({ configDir: directory }, [], [node('web2', true)]),
      nothingRecorded,
      AbortSignal.timeout(5_000),
      () => client,
    );
    expect(asked).toEqual([]);
  });

  test('is not held up for longer by a peer that never says a word, or one that is down', async ({
    directory,
  }) => {
    const server = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const key = newKey();
    const client = createChannelClient('web1', { first: key, all: [key] });
    onTestFinished(async () => {
      await client.close();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const peers = [node('web2', false, port), node('web3', false, 1)];
    const startedMs = performance.now();
    const cluster = clusterWith({ configDir: directory }, [], peers);
    const { lacking, silent } = await catchUp(
      cluster,
      nothingRecorded,
      AbortSignal.timeout(500),
      () => client,
    );
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(lacking).toEqual([]);
    expect(silent.map(({ node: { name }, reason }) => `${name}: ${lineOf(reason)}`)).toEqual([
      'web2: its agent gave no answer in time [agent-silent]',
      'web3: agent port 1: connection refused: is certbot-ha-agent running there? [connection-refused]',
    ]);
  });
});
