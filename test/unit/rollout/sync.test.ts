import { transportsOf } from '../../../lib/cluster/abilities.ts';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterNode } from '../../../lib/cluster/config.ts';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import { collectBundle } from '../../../lib/lineage/collect.ts';
import type { PeerView } from '../../../lib/peers/survey.ts';
import { createAccountsBrought } from '../../../lib/rollout/accounts-brought.ts';
import { isHeardWell } from '../../../lib/rollout/heard.ts';
import { ownOffers } from '../../../lib/rollout/own-offers.ts';
import { recordCurrent } from '../../../lib/rollout/record-current.ts';
import { syncLineage, type SyncOptions } from '../../../lib/rollout/sync-lineage.ts';
import { sync } from '../../../lib/rollout/sync.ts';
import { createEvents } from '../../../lib/state/events.ts';
import { withInstallerLock } from '../../../lib/state/installer-lock.ts';
import { outstandingAt } from '../../../lib/state/outstanding.ts';
import { openState } from '../../../lib/state/state.ts';
import { pause } from '../../../lib/system/pause.ts';
import { timeLimit } from '../../../lib/system/time-limit.ts';
import { NAME, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test, type Issued } from '../../support/lineage/certificates.ts';
import { ACCOUNT, SERVER } from '../../support/lineage/renewal-conf.ts';
import { noDamage } from '../../support/no-damage.ts';

test('a lineage that the system does not let be delivered keeps no other one back', async ({
  ca,
  directory,
}) => {
  const issued = await ca.issue([NAME]);
  for (const lineage of ['aaa', NAME]) await writeIssuerTree(directory, [issued], { lineage });
  const self = { name: 'web1', address: '127.0.0.1', isDrained: true, httpsPort: 1 };
  const stateDir = join(directory, 'state');
  const certificates = { configDir: directory, mode: 'shared', lineages: {} };
  const config = {
    stateDir,
    certificates,
    nodes: [self],
    transport: transportsOf('shared'),
    gate: { timeoutMs: 1 },
    webServer: {},
    vips: [],
  };
  const cluster = { config, self, peers: [] } as unknown as Cluster;
  const { records, outstanding, accepted } = openState({ stateDir }, noDamage);
  let asked = 0;
  const list = async () => {
    asked += 1;
    // The first is that of what may be taken off.
    if (asked === 2) throw Object.assign(new Error('EIO: i/o error'), { errno: -5, code: 'EIO' });
    return await outstanding.list();
  };
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  const exitCode = await sync({
    cluster,
    state: { records, accepted, outstanding: { ...outstanding, list } },
    io: { env: {}, out: say, err: say },
    signal: new AbortController().signal,
  });
  expect({ exitCode, asked }).toEqual({ exitCode: 1, asked: 3 });
  expect(said[0]).toBe('aaa: not delivered: EIO: i/o error [system-error]');
});

/** `sync` on a node that has a lineage, and whose only peer is drained. */
async function nodeAlone(directory: string, issued: Issued) {
  const [stateDir, configDir] = [join(directory, 'state'), join(directory, 'letsencrypt')];
  await writeIssuerTree(configDir, [issued]);
  const self = { name: 'web1', address: '127.0.0.1', isDrained: true, httpsPort: 1 };
  const nodes = [self, { ...self, name: 'web2' }];
  const config = {
    ...{
      stateDir,
      nodes,
      transport: transportsOf('shared'),
      gate: { timeoutMs: 1 },
      webServer: {},
      vips: [],
    },
    certificates: { configDir, mode: 'shared', lineages: {} },
  };
  const cluster = { config, self, peers: [] } as unknown as Cluster;
  const state = openState({ stateDir }, noDamage);
  const run = async () =>
    await sync({
      ...{ cluster, state, io: { env: {}, out: () => undefined, err: () => undefined } },
      signal: new AbortController().signal,
    });
  return { stateDir, configDir, state, run };
}

test('what an installer just brings is not forgotten, and what is gone is, once it has ended', async ({
  ca,
  directory,
}) => {
  const { stateDir, configDir, state, run } = await nodeAlone(directory, await ca.issue([NAME]));
  const recorded = async () => (await state.records.installed()).map(({ lineage }) => lineage).toSorted();
  await run();
  expect(await recorded()).toEqual([NAME]);
  const record = await state.records.installedOf(NAME);
  if (record === null) throw new Error('not recorded');
  await state.records.writeInstalled({ ...record, lineage: 'lost' });
  let syncing: Promise<unknown> = Promise.resolve();
  await withInstallerLock(stateDir, async () => {
    await state.records.writeInstalled({ ...record, lineage: 'new' });
    syncing = run();
    await pause(300);
    await writeIssuerTree(configDir, [await ca.issue(['new.example.test'])], { lineage: 'new' });
    expect(await recorded()).toEqual(['lost', 'new', NAME].toSorted());
  });
  await syncing;
  expect(await recorded()).toEqual(['new', NAME].toSorted());
});

test('what others note as outstanding while sync waits for an installer stays so', async ({
  ca,
  directory,
}) => {
  const { stateDir, configDir, state, run } = await nodeAlone(directory, await ca.issue([NAME]));
  await run();
  const record = await state.records.installedOf(NAME);
  if (record === null) throw new Error('not recorded');
  await state.records.writeInstalled({ ...record, lineage: 'lost' });
  const noted = async () =>
    (await state.outstanding.list()).map(({ node, lineage }) => `${node} ${lineage}`).toSorted();
  const note = async (name: string, lineage: string) =>
    await state.outstanding.add([
      outstandingAt({ name }, { lineage, leaf: record.leaf }, { code: 'delivery-begun' }),
    ]);
  await note('web2', 'lost');
  await note('web3', NAME);
  let syncing: Promise<unknown> = Promise.resolve();
  await withInstallerLock(stateDir, async () => {
    syncing = run();
    await pause(300);
    await writeIssuerTree(configDir, [await ca.issue(['new.example.test'])], { lineage: 'new' });
    await note('web2', 'new');
    // By a program with a configuration of this moment.
    await note('web4', NAME);
  });
  await syncing;
  expect(await noted()).toEqual(['web2 new', `web4 ${NAME}`]);
  await run();
  expect(await noted()).toEqual(['web2 new']);
});

test('an installer at work keeps back the note of what is lost, and none of the lineages', async ({
  ca,
  directory,
}) => {
  const [stateDir, configDir] = [join(directory, 'state'), join(directory, 'letsencrypt')];
  const issued = await ca.issue([NAME]);
  for (const lineage of ['aaa', NAME]) await writeIssuerTree(configDir, [issued], { lineage });
  const certificates = { configDir, mode: 'shared', lineages: {} };
  const config = { stateDir, certificates, nodes: [], webServer: {}, vips: [] };
  const said: string[] = [];
  const io = { env: {}, out: () => undefined, err: (line: string) => void said.push(line) };
  const state = openState({ stateDir }, noDamage);
  const offered = async (leftMs: number) => {
    const options = { cluster: { config, self: { name: 'web1' }, peers: [] }, state, io };
    const { offers } = await ownOffers([], options as unknown as SyncOptions, [], timeLimit(leftMs));
    return offers.map(({ bundle }) => bundle.manifest.lineage);
  };
  expect(await offered(5_000)).toEqual(['aaa', NAME]);
  const conf = join(configDir, 'renewal/aaa.conf');
  await writeFile(conf, (await readFile(conf, 'utf8')).replace(ACCOUNT, 'f'.repeat(32)));
  await withInstallerLock(stateDir, async () => {
    expect(await offered(0)).toEqual([NAME]);
  });
  expect(said.join('\n')).toMatch(/not noted yet: .*\[lock-held\]\n.*\n?.*\[account-lost\]/);
});

test('what cannot be read of what a node tells is told, and not brought to it', async ({ ca, directory }) => {
  await writeIssuerTree(directory, [await ca.issue([NAME])]);
  const stateDir = join(directory, 'state');
  const state = openState({ stateDir }, noDamage);
  const [self, node] = ['web1', 'web2'].map((name) => ({ name, address: '127.0.0.1', isDrained: false }));
  const certificates = { configDir: directory, mode: 'shared', lineages: {} };
  const config = {
    stateDir,
    certificates,
    nodes: [self, node],
    transport: transportsOf('http'),
    vips: [],
    webServer: {},
  };
  const cluster = { config, self, peers: [node] } as unknown as Cluster;
  const bundle = await collectBundle(directory, NAME, 'web1');
  const record = await recordCurrent(bundle, { config: cluster.config, ...state, views: [], isIssued: true });
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  const io = { env: {}, out: say, err: say };
  const rest = {
    cluster,
    state,
    io,
    client: {},
    signal: new AbortController().signal,
    events: createEvents(stateDir, { node: 'web1', program: 'sync' }),
  };
  const deliver = async () => await Promise.reject(new Error('brought'));
  const brought = createAccountsBrought();
  const bring = async (view: PeerView) =>
    await syncLineage(
      { bundle, record, isOrigin: false },
      {
        views: [view],
        staleness: { servesOlder: async () => false },
        isOfAnother: async () => false,
        brought,
      },
      { ...rest, transport: { deliver } } as unknown as SyncOptions,
    );
  const view = { node, isReachable: true, heldVips: [], installed: [], ahead: [] } as unknown as PeerView;
  await expect(bring(view)).rejects.toThrow('brought');
  expect(isHeardWell(view, io)).toBe(true);
  // An account that is lost there is brought by one lineage.
  const lacking = { ...view, installed: [{ ...record, lacksAccount: ACCOUNT }] } as unknown as PeerView;
  await expect(bring(lacking)).rejects.toThrow('brought');
  const elsewhere = { lacksAccount: ACCOUNT, lacksServer: 'https://other.example.test/dir' };
  // The CA that it is to be renewed by there knows another account of that key: it would come for nothing, each time.
  expect(await bring({ ...view, installed: [{ ...record, ...elsewhere }] } as PeerView)).toBe('idle');
  const there = { ...elsewhere, lacksServer: SERVER };
  await expect(bring({ ...view, installed: [{ ...record, ...there }] } as PeerView)).rejects.toThrow(
    'brought',
  );
  brought.add(node as ClusterNode, bundle);
  expect(await bring(lacking)).toBe('idle');
  const odd = { ...view, unread: [NAME] } as PeerView;
  expect(await bring(odd)).toBe('idle');
  expect(isHeardWell(odd, io)).toBe(false);
  expect(said).toEqual([
    expect.stringMatching(/^web2 127.0.0.1: .*\(www.example.test; 1 in all\).*\[answer-read-in-part\]$/),
  ]);
});

test('where every node has its own lineages, what was shared before is forgotten, and what was deleted is not', async ({
  directory,
}) => {
  const stateDir = join(directory, 'state');
  const state = openState({ stateDir }, noDamage);
  const self = { name: 'web1', address: '127.0.0.1' };
  const certificates = { configDir: directory, mode: 'per-node', lineages: {} };
  const cluster = {
    config: { stateDir, certificates, transport: transportsOf('http') },
    self,
    peers: [],
  } as unknown as Cluster;
  const at = '2026-11-24T00:00:00.000Z';
  const leaf = { sha256: 'a'.repeat(64), serial: '01', notBefore: at, notAfter: '2027-02-22T00:00:00.000Z' };
  const record = { lineage: NAME, leaf, number: 1, names: [NAME], from: 'web2', installedAt: at };
  await state.records.writeInstalled(record);
  const grave = { stamp: at, from: 'web2', isForced: false, others: [], kept: null, backup: null, at };
  await state.records.writeDeletion({ ...grave, lineage: 'waits.test', isPending: true });
  await state.records.writeDeletion({ ...grave, lineage: 'gone.test', isPending: false });
  const reason = { code: 'agent-silent' } as const;
  await state.outstanding.add([{ node: 'web2', lineage: NAME, id: leaf.sha256, reason, since: at }]);
  const io = { env: {}, out: () => undefined, err: () => undefined };
  expect(await sync({ cluster, state, io, signal: new AbortController().signal })).toBe(0);
  expect(await state.records.installed()).toEqual([]);
  expect(await state.outstanding.list()).toEqual([]);
  expect((await state.records.deletions()).map(({ lineage }) => lineage)).toEqual(['gone.test']);
});
