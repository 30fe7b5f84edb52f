import { ADOPTION } from './adoption.ts';
import { AGENT } from './agent.ts';
import { BUNDLE, INBOX } from './bundle.ts';
import { SYNCTHING, UNISON } from './carriers.ts';
import { CERTBOT, CHALLENGES } from './certbot.ts';
import { CHANNEL } from './channel.ts';
import { COMMAND_LINE } from './command-line.ts';
import { CONFIGURATION, KEY_FILE } from './configuration.ts';
import { DELETION } from './deletion.ts';
import { DNS, DNS_API, DNS_UPDATE } from './dns.ts';
import { DOCTOR } from './doctor.ts';
import { CERTIFICATE_GATE, GATE, NAMES } from './gate.ts';
import { INSTALLER } from './installer.ts';
import { LINEAGE, RENEWAL_CONF } from './lineage.ts';
import { NAME_SERVERS } from './name-servers.ts';
import { NETWORK, SHORT_CHANCES } from './network.ts';
import { NOTIFY } from './notify.ts';
import { ISSUER, ROLL_OUT } from './rollout.ts';
import { RSYNC } from './rsync.ts';
import { SET_UP } from './set-up.ts';
import { SHARING } from './sharing.ts';
import { STATUS } from './status.ts';
import { SYSTEM } from './system.ts';
import { WEB_SERVER } from './web-server.ts';

/**
 * Everything that can be wrong, by its code. A code is stable once it is published: it says the fact and
 * not the place, and docs/troubleshooting.md has its cause and the next step.
 */
export const REGISTER = {
  ...GATE,
  ...NAMES,
  ...CERTIFICATE_GATE,
  ...NAME_SERVERS,
  ...NETWORK,
  ...SHORT_CHANCES,
  ...CHANNEL,
  ...AGENT,
  ...RSYNC,
  ...SYNCTHING,
  ...UNISON,
  ...SYSTEM,
  ...WEB_SERVER,
  ...CONFIGURATION,
  ...KEY_FILE,
  ...CERTBOT,
  ...CHALLENGES,
  ...LINEAGE,
  ...RENEWAL_CONF,
  ...BUNDLE,
  ...INBOX,
  ...INSTALLER,
  ...ROLL_OUT,
  ...DELETION,
  ...ISSUER,
  ...SHARING,
  ...STATUS,
  ...NOTIFY,
  ...DNS,
  ...DNS_UPDATE,
  ...DNS_API,
  ...DOCTOR,
  ...SET_UP,
  ...ADOPTION,
  ...COMMAND_LINE,
};

export type FindingCode = keyof typeof REGISTER;

type ArgumentsOf<Code extends FindingCode> =
  Parameters<(typeof REGISTER)[Code]> extends readonly [infer Arguments] ? Arguments : unknown;

/** What was found, as a value: its code, and the arguments of its words. It travels and is kept as JSON. */
export type Finding = {
  readonly [Code in FindingCode]: { readonly code: Code } & ArgumentsOf<Code>;
}[FindingCode];

export type FindingOf<Code extends FindingCode> = Extract<Finding, { readonly code: Code }>;
