import { existsSync } from 'node:fs';
import { join as pathTo } from 'node:path';
import { lookupPlaceOf } from '../cluster/admin-place.ts';
import { abilitiesOf, type TransportName } from '../cluster/abilities.ts';
import { TOKENS_BELOW_WEBROOT } from '../challenge/challenge.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { commandFor } from '../cluster/command-for.ts';
import { DEFAULT_CONFIG_FILE } from '../cluster/config.ts';
import { AGENT, unitsToStart } from '../cluster/own-units.ts';
import { DEFAULT_WEBROOT } from '../cluster/schema.ts';
import { shellWord } from '../findings/area.ts';
import type { PartKind } from '../webserver/challenge-part.ts';
import { placeFor } from '../webserver/part-place.ts';
import { environmentDropIn, writePath } from './drop-ins.ts';

/** What a node needs besides configuration and key: lines for a shell, which can be run again. */
export interface NodeSteps {
  /** on this node alone; without them its units would run as another node */
  readonly own: readonly string[];
  /** on every node; without them the units would run otherwise than configured. The lines of each belong together */
  readonly prepare: readonly (readonly string[])[];
  /** of the web server; null where it has no place for it */
  readonly part: WebServerPart | null;
  readonly start: readonly (readonly string[])[];
  /** what nobody but the administrator can do */
  readonly notes: readonly string[];
}

interface WebServerPart {
  readonly line: string;
  readonly kind: PartKind;
  readonly webroot: string;
  /** `HOST:PORT` of the agent that is asked for what the webroot lacks; null: nobody is */
  readonly lookup: string | null;
  readonly webServer: Cluster['config']['webServer'];
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
  syncthing: ['Syncthing, a folder that every node shares, and its API key: docs/transports/syncthing.md'],
  unison: ['ssh keys, the account and host keys for Unison: docs/transports/unison.md'],
  shared: ['the shared filesystem: docs/transports/shared.md'],
} as const satisfies Readonly<Record<TransportName, readonly string[]>>;

/** What makes this node work with the configuration that it has. */
export function nodeSteps(cluster: Cluster, { isReplaced, env }: NodeStepsOptions): NodeSteps {
  const { config, self } = cluster;
  const { file, transport } = config;
  const units = unitsToStart(config);
  const own = env['CERTBOT_HA_NODE'] ? environmentDropIn('CERTBOT_HA_NODE', self.name) : [];
  const prepare = [
    file === DEFAULT_CONFIG_FILE ? [] : environmentDropIn('CERTBOT_HA_CONFIG', file),
    self.webroot === DEFAULT_WEBROOT ? [] : otherWebroot(self.webroot),
  ].filter((lines) => lines.length > 0);
  // An agent that runs has neither read them nor the configuration.
  const isOld = isReplaced || own.length > 0 || prepare.length > 0;
  const { part, notes } = webServerPart(cluster);
  return {
    own,
    prepare,
    part,
    start: [
      [`systemctl enable --now ${units.map(shortName).join(' ')}`],
      ...(isOld && units.includes(AGENT) ? [[`systemctl restart ${shortName(AGENT)}`]] : []),
    ],
    notes: [
      ...notes,
      ...(self.webroot === DEFAULT_WEBROOT ? [] : [webrootNote(self.webroot)]),
      ...new Set([...TRANSPORT_NOTES[transport.challenges], ...TRANSPORT_NOTES[transport.lineages]]),
      ...(abilitiesOf(config).hasAgents ? [firewallNote(file)] : []),
    ],
  };
}

/** All commands, in their order. */
export function commandsOf({ prepare, part, start }: NodeSteps): readonly string[] {
  return [...prepare.flat(), ...(part === null ? [] : [part.line]), ...start.flat()];
}

function webServerPart(cluster: Cluster): {
  readonly part: WebServerPart | null;
  readonly notes: readonly string[];
} {
  const {
    config: { file, webServer },
    self: { webroot },
  } = cluster;
  const { kind } = webServer;
  if (kind === 'none')
    return { part: null, notes: [`let port 80 serve ${pathTo(webroot, TOKENS_BELOW_WEBROOT)}/`] };
  const command = `${commandFor(file)} snippet ${kind}`;
  return placeFor(kind, existsSync) === null
    ? { part: null, notes: [`add what this prints to the configuration of ${kind}: ${command}`] }
    : {
        part: { line: `${command} --write`, kind, webroot, lookup: lookupPlaceOf(cluster), webServer },
        notes: [],
      };
}

function webrootNote(webroot: string): string {
  return `the user certbot-ha has to be able to write to ${pathTo(webroot, TOKENS_BELOW_WEBROOT)}/; certbot-ha doctor tells`;
}

function firewallNote(file: string): string {
  return `if a firewall is active here, let the other nodes reach the agent: ${commandFor(file)} snippet firewall --write`;
}

/** The agent's unit may write to the default one alone. A directory that is there keeps its owner: others may use it. */
function otherWebroot(webroot: string): readonly string[] {
  const challenges = shellWord(pathTo(webroot, TOKENS_BELOW_WEBROOT));
  return [
    `test -d ${challenges} || install -d -o certbot-ha -g certbot-ha ${challenges}`,
    ...writePath(webroot),
  ];
}

function shortName(unit: string): string {
  return unit.replace(/\.service$/, '');
}
