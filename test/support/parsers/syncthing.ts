import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import { lookAtSyncthing } from '../../../lib/transports/syncthing/look.ts';
import { expectWords } from '../strange/words.ts';
import { near, nearJson } from './near.ts';
import type { Parser } from './parser.ts';

const [OWN, OTHER] = ['AAAAAAA-BBBBBBB', 'CCCCCCC-DDDDDDD'];
const SAID = ['idle', 'notSharing', 'valid', 'sendonly', '/', 'error', '-1', OWN, OTHER];

/** What Syncthing's REST API answers where all is well. @param webroot a folder of it */
const soundAnswers = (webroot: string): Readonly<Record<string, unknown>> => ({
  '/rest/config/folders': [
    {
      ...{ id: 'acme', path: webroot, type: 'sendreceive', paused: false, ignoreDelete: false },
      ...{ versioning: { type: '' }, devices: [{ deviceID: OWN }, { deviceID: OTHER }] },
    },
  ],
  '/rest/system/status': { myID: OWN },
  '/rest/config/devices': [
    { deviceID: OWN, name: 'web1' },
    { deviceID: OTHER, name: 'web2' },
  ],
  '/rest/system/connections': { connections: { [OTHER]: { connected: true } } },
  '/rest/db/status': { error: '' },
  '/rest/db/completion': { needItems: 0, needDeletes: 0, globalItems: 1, sequence: 1, remoteState: 'valid' },
});

/** What another program on this host answers to doctor and drill, one of its answers at a time, over real connections. */
export async function syncthingParsers(
  directory: string,
): Promise<{ readonly parsers: readonly Parser[]; readonly end: () => void }> {
  const [webroot, apiKeyFile] = [join(directory, 'webroot'), join(directory, 'syncthing.key')];
  await mkdir(join(webroot, '.well-known/acme-challenge'), { recursive: true });
  await writeFile(apiKeyFile, 'key\n', { mode: 0o600 });
  const sound = soundAnswers(webroot);
  let spoilt: { readonly path: string; readonly status: number; readonly text: string } | null = null;
  const server = createServer(({ url = '' }, response) => {
    const [path = ''] = url.split('?');
    const isSpoilt = spoilt?.path === path;
    response.statusCode = isSpoilt ? (spoilt?.status ?? 200) : 200;
    response.end(isSpoilt ? spoilt?.text : JSON.stringify(sound[path]));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const self = { name: 'web1', webroot };
  const syncthing = { url, folder: null, apiKeyFile };
  const cluster = { config: { syncthing }, self, peers: [{ name: 'web2' }] } as unknown as Cluster;
  const look = async () => await lookAtSyncthing(cluster, AbortSignal.timeout(30_000));
  expect(await look()).toEqual([]);

  const answer = (path: string, status: number, input: Parser['input']): Parser => ({
    what: `${status} of Syncthing, ${path}`,
    input,
    holds: async (text) => {
      spoilt = { path, status, text };
      const found = await look();
      expectWords(...found);
      if (status !== 200) expect(found).not.toEqual([]);
    },
  });
  const refusals = ['Forbidden\n', 'Host check error', '<html>404 page not found'];
  return {
    parsers: [
      ...Object.entries(sound).map(([path, value]) => answer(path, 200, nearJson([value], SAID))),
      ...[401, 403, 500].map((status) => answer('/rest/system/status', status, near(refusals, SAID))),
    ],
    end: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
