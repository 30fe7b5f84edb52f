import { existsSync } from 'node:fs';
import { join as pathTo } from 'node:path';
import type { TransportName } from '../cluster/abilities.ts';
import { TOKENS_BELOW_WEBROOT } from '../challenge/challenge.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { DEFAULT_CONFIG_FILE } from '../cluster/config.ts';
import { DEFAULT_WEBROOT } from '../cluster/schema.ts';
import { shellWord } from '../findings/area.ts';
import { placeFor } from '../webserver/challenge-part.ts';
import { environmentDropIn, writePath } from './drop-ins.ts';

const UNITS = 'certbot-ha-agent certbot-ha-installer.path certbot-ha-sync.path certbot-ha-sync.timer';
const RESTART = '  systemctl restart certbot-ha-agent';

/** What a transport needs besides. */
const TRANSPORT_STEPS = {
  http: [],
  rsync: ['  # ssh keys, the account and host keys for rsync: docs/transports/rsync.md'],
  shared: ['  # the shared filesystem, and the service that watches it: docs/transports/shared.md'],
} as const satisfies Readonly<Record<TransportName, readonly string[]>>;

interface StepsOptions {
  /** the nodes may have another configuration or key */
  readonly isReplaced: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** of who renews on this node, a line each */
  readonly renewal: readonly string[];
}

/** What to type after the first node was set up, a line each. */
export function stepsAfterInit(
  cluster: Cluster,
  { isReplaced, env, renewal }: StepsOptions,
): readonly string[] {
  const ha = commandWith(cluster);
  // Who has to be told here has to be told there.
  const isNamed = Boolean(env['CERTBOT_HA_NODE']);
  const carry = cluster.peers.map(({ name, address }) => {
    const variable = isNamed ? `CERTBOT_HA_NODE=${name} ` : '';
    const remote = `${variable}${ha} init --join${isReplaced ? ' --force' : ''}`;
    return `  ${ha} init --export | ssh ${shellWord(`root@${address}`)} ${remoteWords(remote)}   # ${name}`;
  });
  return [
    ...(carry.length > 0 ? ['', 'here, to carry both to the other nodes:', ...carry] : []),
    ...(isNamed ? ['', 'here:', ...environmentDropIn('CERTBOT_HA_NODE', cluster.self.name)] : []),
    '',
    'on every node:',
    ...onEveryNode(cluster),
    ...(isReplaced ? [RESTART] : []),
    ...renewalSteps(renewal),
    '',
    'then here:',
    `  ${ha} status`,
    `  ${ha} drill NAME`,
  ];
}

/** What to type on a node that has joined. */
export function stepsAfterJoin(
  cluster: Cluster,
  { isReplaced, env, renewal }: StepsOptions,
): readonly string[] {
  const isNamed = Boolean(env['CERTBOT_HA_NODE']);
  return [
    '',
    'on this node, as far as it is not done yet:',
    ...(isNamed ? environmentDropIn('CERTBOT_HA_NODE', cluster.self.name) : []),
    ...onEveryNode(cluster),
    ...(isReplaced ? [RESTART] : []),
    ...renewalSteps(renewal),
  ];
}

/** Timers and cron jobs are a node's own: each node tells of its own. */
export function renewalSteps(renewal: readonly string[]): readonly string[] {
  return renewal.length === 0 ? [] : ['', 'renewals on this node:', ...renewal.map((line) => `  ${line}`)];
}

function onEveryNode({ config, self: { webroot } }: Cluster): readonly string[] {
  const { file, webServer, transport } = config;
  return [
    ...(file === DEFAULT_CONFIG_FILE ? [] : environmentDropIn('CERTBOT_HA_CONFIG', file)),
    ...(webroot === DEFAULT_WEBROOT ? [] : otherWebroot(webroot)),
    webServerStep(file, webServer, webroot),
    ...TRANSPORT_STEPS[transport],
    `  systemctl enable --now ${UNITS}`,
  ];
}

function webServerStep(file: string, { kind }: Cluster['config']['webServer'], webroot: string): string {
  if (kind === 'none') return `  # let port 80 serve ${pathTo(webroot, TOKENS_BELOW_WEBROOT)}/`;
  const put = placeFor(kind, existsSync) === null ? '' : '; --write puts it in place';
  return `  ${commandFor(file)} snippet ${kind}   # what to add to its configuration${put}`;
}

/** The agent's unit may write to the default one alone. */
function otherWebroot(webroot: string): readonly string[] {
  const challenges = shellWord(pathTo(webroot, TOKENS_BELOW_WEBROOT));
  return [`  install -d -o certbot-ha -g certbot-ha ${challenges}`, ...writePath(webroot)];
}

function commandWith({ config: { file } }: Cluster): string {
  return commandFor(file);
}

function commandFor(file: string): string {
  return file === DEFAULT_CONFIG_FILE ? 'certbot-ha' : `certbot-ha --config ${shellWord(file)}`;
}

/** ssh hands its words to a shell there, which takes quotes away once more. */
function remoteWords(command: string): string {
  return /^[\w@%+=:,./ -]+$/.test(command) ? command : shellWord(command);
}
