import type { LabNode } from '../contract.ts';
import { makeChallenges, sh, startUnit, until, type SharingSystem } from './system.ts';

const API_KEY = 'lab-key';
const HOME = '/var/lib/syncthing';

/** The webroot as a folder of Syncthing's, watched with its own delay of 10 s. Nothing but the nodes is asked. */
export const syncthing: SharingSystem = {
  name: 'syncthing',
  title: 'Syncthing, delay 10 s (its default)',
  packages: ['syncthing', 'curl', 'jq'],
  hasServer: false,
  async start(nodes) {
    await Promise.all(nodes.map(startDaemon));
    const ids = new Map<LabNode, string>();
    for (const node of nodes) ids.set(node, await api(node, 'GET', '/rest/system/status', '.myID'));
    for (const node of nodes) await join(node, nodes, ids);
    for (const node of nodes) {
      const connected = `${call('GET', '/rest/system/connections')} | jq -e '[.connections[] | select(.connected)] | length >= ${nodes.length - 1}'`;
      await until(node, 'the others connected', connected);
    }
    const version = await sh(nodes[0], 'syncthing --version');
    return {
      version: version.split(' ').slice(0, 2).join(' '),
      onTop: { transport: 'syncthing' },
      oneIn: 5,
    };
  },
};

async function startDaemon(node: LabNode): Promise<void> {
  await makeChallenges(node);
  await node.writeFile('/etc/certbot-ha/syncthing.key', `${API_KEY}\n`, { mode: 0o600 });
  const edits = {
    '<apikey>[^<]*': `<apikey>${API_KEY}`,
    '<globalAnnounceEnabled>true': '<globalAnnounceEnabled>false',
    '<localAnnounceEnabled>true': '<localAnnounceEnabled>false',
    '<relaysEnabled>true': '<relaysEnabled>false',
    '<natEnabled>true': '<natEnabled>false',
    '<crashReportingEnabled>true': '<crashReportingEnabled>false',
    '<urAccepted>0': '<urAccepted>-1',
    '<listenAddress>default': `<listenAddress>tcp://${node.address}:22000`,
    '<reconnectionIntervalS>60': '<reconnectionIntervalS>5',
  };
  const sed = Object.entries(edits).map(([from, to]) => `-e 's|${from}|${to}|'`);
  await sh(
    node,
    `syncthing generate --config=${HOME} >/dev/null 2>&1; sed -i ${sed.join(' ')} ${HOME}/config.xml`,
  );
  const where = [`--config=${HOME}`, `--data=${HOME}`, '--no-browser', '--gui-address=127.0.0.1:8384'];
  await startUnit(node, 'syncthing', ['syncthing', 'serve', ...where]);
  await until(node, 'Syncthing answering', `${call('GET', '/rest/system/ping')} | grep -q pong`);
}

async function join(
  node: LabNode,
  nodes: readonly LabNode[],
  ids: ReadonlyMap<LabNode, string>,
): Promise<void> {
  const devices = nodes.map((one) => ({
    deviceID: ids.get(one),
    name: one.name,
    addresses: [`tcp://${one.address}:22000`],
  }));
  for (const device of devices)
    await api(node, 'PUT', `/rest/config/devices/${device.deviceID}`, '.', device);
  await api(node, 'PUT', '/rest/config/folders/acme', '.', {
    id: 'acme',
    path: node.paths.webroot,
    type: 'sendreceive',
    rescanIntervalS: 3600,
    fsWatcherEnabled: true,
    fsWatcherDelayS: 10,
    ignorePerms: true,
    devices: devices.map(({ deviceID }) => ({ deviceID })),
  });
}

const call = (method: string, path: string) =>
  `curl -sS --max-time 10 -X ${method} -H 'X-API-Key: ${API_KEY}' 'http://127.0.0.1:8384${path}'`;

async function api(
  node: LabNode,
  method: string,
  path: string,
  filter: string,
  body?: object,
): Promise<string> {
  const data = body === undefined ? '' : ` --fail-with-body --data '${JSON.stringify(body)}'`;
  return await sh(node, `${call(method, path)}${data} | ${body === undefined ? `jq -r '${filter}'` : 'cat'}`);
}
