import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../../lab/eventually.ts';
import { freePort } from '../cluster/addresses.ts';
import { run, start } from './program.ts';

const PROGRAM = 'syncthing';
const KEY = 'an-api-key-of-the-tests';

/** A Syncthing of one's own on a loopback address, which knows nobody on any network. */
export interface Syncthing {
  readonly url: string;
  readonly apiKey: string;
  readonly apiKeyFile: string;
  readonly id: string;
  /** where others connect to it */
  readonly listen: string;
  /** Its REST API, JSON both ways. */
  api(method: string, path: string, body?: object): Promise<unknown>;
  log(): string;
  close(): Promise<void>;
}

export async function startSyncthing(directory: string, address: string): Promise<Syncthing> {
  const [home, apiKeyFile] = [join(directory, 'home'), join(directory, 'api-key')];
  await mkdir(home, { recursive: true });
  const env = { ...process.env, HOME: home, STNOUPGRADE: '1', STNORESTART: '1', STNODEFAULTFOLDER: '1' };
  const made = await run([PROGRAM, 'generate', `--config=${home}`, '--no-default-folder'], { env });
  if (made.code !== 0) throw new Error(`syncthing generate: ${made.stdout}${made.stderr}`);
  const port = await freePort([address]);
  const listen = `tcp://${address}:${await freePort([address])}`;
  const file = join(home, 'config.xml');
  await writeFile(file, quiet(await readFile(file, 'utf8'), listen));
  await writeFile(apiKeyFile, `${KEY}\n`, { mode: 0o600 });
  const gui = `${address}:${port}`;
  const argv = ['serve', `--config=${home}`, `--data=${home}`, '--no-browser', `--gui-address=${gui}`];
  const program = start([PROGRAM, ...argv], { env, leadsGroup: true });
  const url = `http://${gui}`;
  const api = async (method: string, path: string, body?: object) => {
    const headers = { 'x-api-key': KEY };
    const answer = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? null : (JSON.parse(text) as unknown);
  };
  await program.says(/Access the GUI via|GUI and API listening/);
  const { myID: id } = (await api('GET', '/rest/system/status')) as { readonly myID: string };
  return { url, apiKey: KEY, apiKeyFile, id, listen, api, log: program.stdout, close: program.kill };
}

/** No discovery, no relays, no port mapping, no reports. */
function quiet(config: string, listen: string): string {
  return (
    config
      .replace(/<apikey>[^<]*/, `<apikey>${KEY}`)
      .replace(/<listenAddress>[^<]*/, `<listenAddress>${listen}`)
      .replaceAll(
        /<(globalAnnounceEnabled|localAnnounceEnabled|relaysEnabled|natEnabled|crashReportingEnabled)>true/g,
        '<$1>false',
      )
      .replace(/<urAccepted>0/, '<urAccepted>-1')
      // For that it leaves its group of processes, with which it is ended.
      .replace(/<setLowPriority>true/, '<setLowPriority>false')
      .replace(/<reconnectionIntervalS>\d+/, '<reconnectionIntervalS>1')
  );
}

/** Each knows the other, and they are connected. */
export async function introduce(one: Syncthing, other: Syncthing): Promise<void> {
  for (const [here, there] of [
    [one, other],
    [other, one],
  ] as const) {
    const device = { deviceID: there.id, name: there.listen, addresses: [there.listen] };
    await here.api('PUT', `/rest/config/devices/${there.id}`, device);
  }
  await eventually(async () => await isConnected(one, other), {
    timeoutMs: 20_000,
    what: 'a connection between two Syncthings',
  });
}

async function isConnected(one: Syncthing, { id }: Syncthing): Promise<boolean> {
  const { connections } = (await one.api('GET', '/rest/system/connections')) as {
    readonly connections: Readonly<Record<string, { readonly connected: boolean }>>;
  };
  return connections[id]?.connected === true;
}

/** A folder that both share; nothing but a scan that is asked for finds a change soon. */
export async function shareFolder(
  id: string,
  places: readonly (readonly [Syncthing, string])[],
): Promise<void> {
  const devices = places.map(([{ id: deviceID }]) => ({ deviceID }));
  for (const [{ api }, path] of places) {
    const folder = { id, path, devices, fsWatcherEnabled: false, rescanIntervalS: 3600 };
    await api('PUT', `/rest/config/folders/${id}`, folder);
  }
  for (const [{ api }] of places) {
    await eventually(
      async () => ((await api('GET', `/rest/db/status?folder=${id}`)) as { state: string }).state === 'idle',
      { timeoutMs: 10_000, what: `the folder ${id} idle` },
    );
  }
}
