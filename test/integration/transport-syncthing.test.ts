// @module-tag slow
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, onTestFinished } from 'vitest';
import type { Cluster } from '../../lib/cluster/cluster.ts';
import type { Finding } from '../../lib/findings/register.ts';
import { createSyncthingTransport } from '../../lib/transports/syncthing/challenges.ts';
import { lookAtSyncthing } from '../../lib/transports/syncthing/look.ts';
import { freePort, loopbackAddresses } from '../support/cluster/addresses.ts';
import { makeChallenge } from '../support/cluster/challenge.ts';
import { reasonIn } from '../support/contracts/reason-in.ts';
import { describeTransport, type TransportUnderTest } from '../support/contracts/transport.ts';
import { lackOf } from '../support/packages.ts';
import { mute } from '../support/programs/mute-server.ts';
import { nodeIn } from '../support/cluster/node-in.ts';
import { introduce, shareFolder, startSyncthing, type Syncthing } from '../support/programs/syncthing.ts';
import { lacksFuse, withHangingMount } from '../support/programs/hanging-mount.ts';
import { expect, test } from '../support/temporary.ts';

const lack = await lackOf(['syncthing']);

/** Two for all cases: they take seconds to start, and a folder of its own each is as good. */
let pair: Promise<readonly [Syncthing, Syncthing]> | null = null;
let ground = '';

async function startPair(): Promise<readonly [Syncthing, Syncthing]> {
  ground = await mkdtemp(join(tmpdir(), 'certbot-ha-test-syncthing-'));
  const [first = '', second = ''] = loopbackAddresses(2);
  const both = await Promise.all([
    startSyncthing(join(ground, 'web1'), first),
    startSyncthing(join(ground, 'web2'), second),
  ]);
  await introduce(...both);
  return both;
}

afterAll(async () => {
  for (const one of (await pair) ?? []) await one.close();
  await rm(ground, { recursive: true, force: true });
});

async function shared(directory: string) {
  const [one, other] = await (pair ??= startPair());
  const [self, peer] = [
    await nodeIn(directory, 'web1', '127.0.0.1'),
    await nodeIn(directory, 'web2', '127.0.0.1'),
  ];
  const folder = basename(directory);
  await shareFolder(folder, [
    [one, self.webroot],
    [other, peer.webroot],
  ]);
  const settings = { url: one.url, folder: null as string | null, apiKeyFile: one.apiKeyFile };
  const forget = async () => {
    for (const { api } of [one, other]) await api('DELETE', `/rest/config/folders/${folder}`);
  };
  return { one, other, self, peer, folder, settings, forget };
}

describe.skipIf(lack !== null)('with a real Syncthing on each node', () => {
  describeTransport('syncthing', async (directory): Promise<TransportUnderTest> => {
    const { one, self, peer, settings, forget } = await shared(directory);
    const silent = await mute('127.0.0.1');
    const at = (url: string) => createSyncthingTransport({ syncthing: { ...settings, url } }, self.webroot);
    const down = at(`http://127.0.0.1:${await freePort(['127.0.0.1'])}`);
    const hanging = at(`http://127.0.0.1:${silent.port}`);
    const transport = at(one.url);
    return {
      transport,
      abilities: { hasAgents: false, isWebrootShared: false, source: 'webroot', needsKey: false },
      self,
      peer,
      down: {
        transport: down,
        peer,
        reason:
          /^syncthing: port \d+: connection refused: is it running, and is syncthing\.url its address\? \[connection-refused\]$/,
      },
      hanging: { transport: hanging, peer },
      comesSoon: true,
      secrets: [one.apiKey],
      close: async () => {
        for (const each of [transport, down, hanging]) await each.close();
        silent.close();
        await forget();
      },
    };
  });

  test('says what is wrong with the folder, and with the key', async ({ directory }) => {
    const { one, self, peer, folder, settings, forget } = await shared(directory);
    onTestFinished(forget);
    const reasonWith = async (changed: Partial<typeof settings>, webroot = self.webroot) => {
      const transport = createSyncthingTransport({ syncthing: { ...settings, ...changed } }, webroot);
      const outcome = await transport.present(peer, [makeChallenge()], AbortSignal.timeout(10_000));
      await transport.close();
      return outcome.isOk ? 'none' : reasonIn(outcome);
    };
    expect(await reasonWith({ folder: 'nope' })).toMatch(
      /it has no folder nope; it has .*\[syncthing-folder-unknown\]/,
    );
    expect(await reasonWith({ folder }, '/srv/elsewhere')).toMatch(/\[syncthing-folder-elsewhere\]/);
    expect(await reasonWith({}, '/srv/elsewhere')).toMatch(/\[syncthing-folder-missing\]/);
    await symlink(self.webroot, join(directory, 'by-link'));
    expect(await reasonWith({}, join(directory, 'by-link'))).toBe('none');

    const wrong = join(directory, 'wrong');
    await writeFile(wrong, 'another-key\n', { mode: 0o600 });
    const refused = await reasonWith({ apiKeyFile: wrong });
    expect(refused).toBe(
      `syncthing: it refuses the API key in ${wrong}: copy <apikey> of its config.xml there [syncthing-key-refused]`,
    );
    await one.api('PATCH', `/rest/config/folders/${folder}`, { type: 'receiveonly' });
    expect(await reasonWith({})).toMatch(/is receiveonly: .*\[syncthing-folder-one-way\]/);
    await one.api('PATCH', `/rest/config/folders/${folder}`, { type: 'sendreceive', paused: true });
    expect(await reasonWith({})).toMatch(/is paused: resume it \[syncthing-folder-paused\]/);
    await one.api('PATCH', `/rest/config/folders/${folder}`, { paused: false });
    await rm(join(self.webroot, '.stfolder'), { recursive: true });
    expect(await reasonWith({})).toMatch(/it answers 500: folder marker missing.*\[syncthing-refuses\]/);
  });

  test('no one but root, or who runs it, may have the file with the key', async ({ directory }) => {
    const file = join(directory, 'key');
    const open = () =>
      createSyncthingTransport(
        { syncthing: { url: 'http://127.0.0.1:8384', folder: null, apiKeyFile: file } },
        '/srv',
      );
    expect(open).toThrow(`${file}, cannot be read (ENOENT)`);
    await writeFile(file, 'a key of two words', { mode: 0o600 });
    expect(open).toThrow(/expected its API key, one line/);
    await chmod(file, 0o640);
    expect(open).toThrow(`others can read its API key: ${file} has mode 0640, expected 0600 at most`);
    expect(open).not.toThrow(/two words/);
  });
});

/** What answers as Syncthing does, or would. */
async function answering(directory: string, answer: RequestListener) {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const apiKeyFile = join(directory, 'key');
  await writeFile(apiKeyFile, 'key\n', { mode: 0o600 });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const syncthing = { url, folder: null, apiKeyFile };
  const transport = createSyncthingTransport({ syncthing }, directory);
  onTestFinished(transport.close);
  return { transport, syncthing };
}

test.for([
  [307, { location: 'https://127.0.0.1:8384/' }, '', 'syncthing-wants-https'],
  [403, {}, 'Host check error', 'syncthing-refuses'],
  [403, {}, 'CSRF Error', 'syncthing-key-refused'],
] as const)(
  'says what an answer of %s means: %o %s',
  async ([status, headers, said, code], { directory }) => {
    const { transport } = await answering(directory, (_, response) => {
      response.writeHead(status, headers).end(said);
    });
    const peer = await nodeIn(directory, 'web2', '127.0.0.1');
    const outcome = await transport.present(peer, [makeChallenge()], AbortSignal.timeout(10_000));
    expect(outcome).toMatchObject({ isOk: false, reason: { code } });
  },
);

/** What Syncthing answers of a folder that is as it should be, on one node of two, and what is otherwise. */
interface Otherwise {
  readonly folder?: object;
  readonly connected?: boolean;
  readonly status?: object;
  readonly completion?: object;
  readonly devices?: readonly string[];
  readonly isDrained?: boolean;
}

async function lookedAt(directory: string, otherwise: Otherwise) {
  const { devices = ['ME', 'OTHER'], isDrained = false } = otherwise;
  const all = devices.map((deviceID) => ({ deviceID, name: deviceID.toLowerCase() }));
  const answers: Readonly<Record<string, object>> = {
    '/rest/config/folders': [{ id: 'acme', path: directory, devices: all, ...otherwise.folder }],
    '/rest/system/status': { myID: 'ME' },
    '/rest/config/devices': all,
    '/rest/system/connections': { connections: { OTHER: { connected: otherwise.connected ?? true } } },
    '/rest/db/status': otherwise.status ?? {},
    '/rest/db/completion': { sequence: 4, globalItems: 3, remoteState: 'valid', ...otherwise.completion },
  };
  const { syncthing } = await answering(directory, (request, response) => {
    response.end(JSON.stringify(answers[(request.url ?? '').replace(/\?.*/, '')]));
  });
  const self = { ...(await nodeIn(directory, 'web1', '127.0.0.1')), webroot: directory };
  const peers = [{ ...(await nodeIn(directory, 'web2', '127.0.0.1')), isDrained }];
  const cluster = { config: { syncthing }, self, peers } as unknown as Cluster;
  return await lookAtSyncthing(cluster, AbortSignal.timeout(10_000));
}

const OF_OTHER = { device: 'other', folder: 'acme' };

test.for<readonly [string, Otherwise, readonly Finding[]]>([
  ['is as it should be', {}, []],
  [
    'keeps versions',
    { folder: { versioning: { type: 'trashcan' } } },
    [{ code: 'syncthing-folder-versions', folder: 'acme', type: 'trashcan' }],
  ],
  [
    'keeps what others remove',
    { folder: { ignoreDelete: true } },
    [{ code: 'syncthing-folder-keeps', folder: 'acme' }],
  ],
  [
    'has stopped',
    { status: { error: 'folder marker missing' } },
    [{ code: 'syncthing-folder-fails', folder: 'acme', error: 'folder marker missing' }],
  ],
  [
    'is shared with nobody',
    { devices: ['ME'] },
    [{ code: 'syncthing-folder-narrow', folder: 'acme', devices: 0, peers: 1 }],
  ],
  ['is shared with nobody, where the other node is drained', { devices: ['ME'], isDrained: true }, []],
  [
    'is not there while the other node is away',
    { connected: false },
    [{ code: 'syncthing-device-away', ...OF_OTHER }],
  ],
  [
    'is not accepted on the other node',
    { completion: { remoteState: 'notSharing' } },
    [{ code: 'syncthing-device-unshared', ...OF_OTHER }],
  ],
  [
    'is not accepted there, as versions before 1.20 tell it',
    { completion: { remoteState: '', sequence: 0 } },
    [{ code: 'syncthing-device-unshared', ...OF_OTHER }],
  ],
  [
    'is behind on the other node',
    { completion: { needItems: 2, needDeletes: 1 } },
    [{ code: 'syncthing-device-behind', ...OF_OTHER, items: 3 }],
  ],
])('doctor looks at a folder that %s', async ([, otherwise, found], { directory }) => {
  expect(await lookedAt(directory, otherwise)).toEqual(found);
});

test('Syncthing is asked once for all peers, and again for what was taken away', async ({ directory }) => {
  const asked: string[] = [];
  const { transport } = await answering(directory, (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const folders = [
      { id: 'all', path: '/', devices: [] },
      { id: 'acme', path: directory, devices: [] },
    ];
    response.end(request.method === 'GET' ? JSON.stringify(folders) : '');
  });
  const challenge = makeChallenge();
  const signal = AbortSignal.timeout(10_000);
  const peers = await Promise.all(
    ['web2', 'web3', 'web4'].map(async (name) => await nodeIn(directory, name, '127.0.0.1')),
  );
  const all = await Promise.all(peers.map(async (to) => await transport.present(to, [challenge], signal)));
  expect(all).toEqual(peers.map(() => ({ isOk: true })));
  const scan = 'POST /rest/db/scan?folder=acme&sub=.well-known%2Facme-challenge';
  expect(asked).toEqual(['GET /rest/config/folders', scan]);
  for (const to of peers) await transport.cleanUp(to, [challenge.token], signal);
  expect(asked).toEqual(['GET /rest/config/folders', scan, scan]);
});

test('a folder of other things whose file system does not answer keeps no token', async ({
  directory,
  skip,
}) => {
  const lacks = await lacksFuse();
  if (lacks !== null) skip(lacks);
  const away = join(directory, 'away');
  const { transport } = await answering(directory, (request, response) => {
    const folders = ['photos', 'films', '.'].map((name) => ({
      id: name,
      path: join(away, name),
      devices: [],
    }));
    folders.push({ id: 'acme', path: directory, devices: [] });
    response.end(request.method === 'GET' ? JSON.stringify(folders) : '');
  });
  const peer = await nodeIn(directory, 'web2', '127.0.0.1');
  await withHangingMount(away, [], async ({ hang }) => {
    hang();
    const signal = AbortSignal.timeout(5_000);
    expect(await transport.present(peer, [makeChallenge()], signal)).toEqual({ isOk: true });
  });
});
