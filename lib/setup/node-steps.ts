import { existsSync } from 'node:fs';
import { join as pathTo } from 'node:path';
import { abilitiesOf, type TransportName } from '../cluster/abilities.ts';
import { TOKENS_BELOW_WEBROOT } from '../challenge/challenge.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { DEFAULT_CONFIG_FILE } from '../cluster/config.ts';
import { neededUnits } from '../cluster/own-units.ts';
import { DEFAULT_WEBROOT } from '../cluster/schema.ts';
import { shellWord } from '../findings/area.ts';
import { placeFor } from '../webserver/challenge-part.ts';
import { environmentDropIn, writePath } from './drop-ins.ts';

/** What a node needs besides configuration and key. */
export interface NodeSteps {
  /** for a shell, on this node alone */
  readonly own: readonly string[];
  /** for a shell, on every node: the lines of each belong together */
  readonly commands: readonly (readonly string[])[];
  /** what nobody but the administrator can do */
  readonly notes: readonly string[];
}

interface NodeStepsOptions {
  /** the node may have run with another configuration or key */
  readonly isReplaced: boolean;
  readonly env: NodeJS.ProcessEnv;
}

/** What a transport needs besides. */
const TRANSPORT_NOTES = {
  http: [],
  rsync: ['ssh keys, the account and host keys for rsync: docs/transports/rsync.md'],
  shared: ['the shared filesystem: docs/transports/shared.md'],
} as const satisfies Readonly<Record<TransportName, readonly string[]>>;

/** What makes this node work with the configuration that it has. Each command can be given again. */
export function nodeSteps({ config, self }: Cluster, { isReplaced, env }: NodeStepsOptions): NodeSteps {
  const { file, webServer, transport } = config;
  const units = neededUnits(config);
  const agent = units.find((unit) => unit === 'certbot-ha-agent.service');
  const part = webServerStep(file, webServer, self.webroot);
  const commands = [
    file === DEFAULT_CONFIG_FILE ? [] : environmentDropIn('CERTBOT_HA_CONFIG', file),
    self.webroot === DEFAULT_WEBROOT ? [] : otherWebroot(self.webroot),
    part.command,
    [`systemctl enable --now ${units.map(shortName).join(' ')}`],
    isReplaced && agent !== undefined ? [`systemctl restart ${shortName(agent)}`] : [],
  ];
  return {
    own: env['CERTBOT_HA_NODE'] ? environmentDropIn('CERTBOT_HA_NODE', self.name) : [],
    commands: commands.filter((lines) => lines.length > 0),
    notes: [
      ...part.notes,
      ...TRANSPORT_NOTES[transport],
      ...(abilitiesOf(config).hasAgents ? [firewallNote(file)] : []),
    ],
  };
}

/** `certbot-ha`, with the option without which it would read another configuration. */
export function commandFor(file: string): string {
  return file === DEFAULT_CONFIG_FILE ? 'certbot-ha' : `certbot-ha --config ${shellWord(file)}`;
}

function webServerStep(
  file: string,
  { kind }: Cluster['config']['webServer'],
  webroot: string,
): { readonly command: readonly string[]; readonly notes: readonly string[] } {
  if (kind === 'none')
    return { command: [], notes: [`let port 80 serve ${pathTo(webroot, TOKENS_BELOW_WEBROOT)}/`] };
  const command = `${commandFor(file)} snippet ${kind}`;
  return placeFor(kind, existsSync) === null
    ? { command: [], notes: [`add what this prints to the configuration of ${kind}: ${command}`] }
    : { command: [`${command} --write`], notes: [] };
}

function firewallNote(file: string): string {
  return `if a firewall is active here, let the other nodes reach the agent: ${commandFor(file)} snippet firewall --write`;
}

/** The agent's unit may write to the default one alone. */
function otherWebroot(webroot: string): readonly string[] {
  const challenges = shellWord(pathTo(webroot, TOKENS_BELOW_WEBROOT));
  return [`install -d -o certbot-ha -g certbot-ha ${challenges}`, ...writePath(webroot)];
}

function shortName(unit: string): string {
  return unit.replace(/\.service$/, '');
}
