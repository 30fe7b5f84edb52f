import * as v from 'valibot';
import { isIpAddress } from '../net/address.ts';
import { dnsSettings } from './dns-settings.ts';
import { DEFAULT_ADMIN_LISTEN, LISTENS_NOWHERE, listenPlaceOf } from './listen-place.ts';
import { receivers } from './receivers.ts';
import { STARTTLS } from './service.ts';
import { rsyncSettings, syncthingSettings, transport, unisonSettings } from './transport-settings.ts';
import { address, argumentList, mapping, oneOf, path, port, seconds, section, strict } from './values.ts';

// Every message completes the sentence "expected …": lib/cluster/problems.ts makes the line.

const ipAddress = (() => {
  const wanted = 'an IPv4 or IPv6 address';
  return v.pipe(v.string(wanted), v.check(isIpAddress, wanted));
})();

const listenPlace = (() => {
  const wanted = 'an IP address and a port, such as 127.0.0.1:9481, or off';
  return v.pipe(
    v.string(wanted),
    v.check((value) => value === LISTENS_NOWHERE || listenPlaceOf(value) !== null, wanted),
  );
})();

const ownCommand = v.nullable(argumentList('[nginx, -t]'));

const isCommand = (value: unknown) =>
  Array.isArray(value) && value.length > 0 && value.every((argument) => typeof argument === 'string');
/** One problem, whatever is wrong: a command in the place of a list of them would be a problem an argument. */
const commands = v.nullable(
  v.custom<readonly (readonly string[])[]>(
    (value) => Array.isArray(value) && value.every(isCommand),
    'a list of commands, each a list of arguments, such as [[systemctl, reload, postfix]]',
  ),
);

const runsOn = oneOf('all', 'holder');

/** certbot's own rule is that it is a file's name. A wildcard's lineage has none of its star. */
const LINEAGE_NAME = /^(?!\.{1,2}$)[^/*\s\p{Cc}]+$/u;

export const DEFAULT_WEBROOT = '/usr/share/nginx/letsencrypt';
export const WEB_SERVER_KINDS = ['nginx', 'apache', 'caddy', 'haproxy', 'none'] as const;

const NODE_NAME = /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/i;

/** Whether a node may be called so. */
export function isNodeName(value: string): boolean {
  return NODE_NAME.test(value);
}

const node = v.pipe(
  mapping('an address, or a mapping with an address'),
  strict({
    address,
    drained: v.optional(v.boolean('true or false'), false),
    webroot: v.optional(v.nullable(path), null),
    agentPort: v.optional(v.nullable(port), null),
    httpPort: v.optional(v.nullable(port), null),
    httpsPort: v.optional(v.nullable(port), null),
    adminListen: v.optional(v.nullable(listenPlace), null),
  }),
);

const nodes = v.pipe(
  mapping('a mapping of node names to addresses'),
  v.record(
    v.pipe(v.string(), v.regex(NODE_NAME, 'a node name of letters, digits, dots, dashes and underscores')),
    v.lazy((value) => (typeof value === 'string' ? address : node)),
  ),
  v.check((value) => Object.keys(value).length > 0, 'at least one node'),
);

/** Where a service is seen: TLS from the first byte, or after a dialogue in the clear. */
const service = v.pipe(
  mapping('a mapping with a port, such as {port: 25, starttls: smtp}'),
  strict({
    port,
    starttls: v.optional(v.nullable(oneOf(...STARTTLS)), null),
  }),
);

const lineage = v.pipe(
  mapping('a mapping of keys'),
  strict({
    served: v.optional(v.nullable(v.array(service, 'a list of ports, such as [{port: 993}]')), null),
    test: v.optional(commands, null),
    reload: v.optional(commands, null),
    runsOn: v.optional(v.nullable(runsOn), null),
  }),
);

const lineages = v.pipe(
  mapping('a mapping of lineage names'),
  v.record(
    v.pipe(v.string(), v.regex(LINEAGE_NAME, 'a lineage name as certbot certificates lists it')),
    lineage,
  ),
);

/** The configuration file as it is written: keys, types and defaults. */
export const documentSchema = v.pipe(
  mapping('a mapping of keys'),
  strict({
    nodes,
    self: v.optional(v.nullable(v.string('a node name')), null),
    vips: v.optional(v.array(ipAddress, 'a list of addresses'), []),
    webroot: v.optional(path, DEFAULT_WEBROOT),
    stateDir: v.optional(path, '/var/lib/certbot-ha'),
    transport: v.optional(transport, 'http'),
    gate: section({
      timeout: v.optional(seconds(1, 3600), 60),
      require: v.optional(oneOf('all', 'available', 'vip'), 'all'),
      onFailure: v.optional(oneOf('continue', 'abort'), 'continue'),
      httpPort: v.optional(port, 80),
      httpsPort: v.optional(port, 443),
      proxyProtocol: v.optional(v.boolean('true or false'), false),
    }),
    agent: section({
      port: v.optional(port, 9480),
      adminListen: v.optional(listenPlace, DEFAULT_ADMIN_LISTEN),
      lookup: v.optional(oneOf('peers', 'thumbprint', 'off'), 'peers'),
      keyFile: v.optional(path, '/etc/certbot-ha/cluster.key'),
      tokenTtl: v.optional(seconds(1, 604_800), 3600),
    }),
    rsync: rsyncSettings,
    syncthing: syncthingSettings,
    unison: unisonSettings,
    certificates: section({
      mode: v.optional(oneOf('shared', 'per-node'), 'shared'),
      issuer: v.optional(v.string('vip, any or a node name'), 'vip'),
      configDir: v.optional(path, '/etc/letsencrypt'),
      lineages: v.nullish(lineages, {}),
    }),
    webServer: section({
      kind: v.optional(oneOf(...WEB_SERVER_KINDS), 'nginx'),
      test: v.optional(ownCommand, null),
      reload: v.optional(ownCommand, null),
      runsOn: v.optional(runsOn, 'all'),
    }),
    notify: receivers,
    dns: dnsSettings,
  }),
);

export type ConfigDocument = v.InferOutput<typeof documentSchema>;
