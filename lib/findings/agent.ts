import type { Area } from './area.ts';

/** What this node's own agent writes to its journal, with its arguments as fields, and why it does not start. */
export const AGENT = {
  'port-taken': (place: Place) => `${agentAt(place)}: the port is taken by another process`,
  'address-not-here': (place: Place) => `${agentAt(place)}: the address is not on this host`,
  'listening-not-allowed': (place: Place) => `${agentAt(place)}: not allowed to listen there`,
  'cannot-listen': ({ error, ...place }: Place & { readonly error: string }) =>
    `${agentAt(place)}: cannot listen there (${error})`,
  'name-on-loopback': ({
    name,
    addresses,
  }: {
    readonly name: string;
    readonly addresses: readonly string[];
  }) => [
    `agent: ${name} is ${addresses.join(', ')} on this host, where no peer reaches it`,
    `correct the line of ${name} in /etc/hosts, or write the node's address in place of the name`,
  ],
  'address-on-loopback': ({ node, address }: { readonly node: string; readonly address: string }) => [
    `agent: ${address} of ${node} is a loopback address, where no peer reaches it`,
    `write the address at which the other nodes reach ${node} into nodes`,
  ],
  'admin-not-listening': ({ error, ...place }: Place & { readonly error: string }) => [
    `${agentAt(place)}: cannot listen there for this host (${error}): no status page, no metrics, no look-up`,
    'agent.adminListen, or adminListen of the node, names another address and port',
  ],
  'admin-open': (place: Place) => [
    `${agentAt(place)}: other hosts reach the status page and the metrics, which have no log-in`,
    'agent.adminListen: 127.0.0.1:9481 is for this host alone; or let a firewall keep others away',
  ],
  'answered-by-thumbprint': () =>
    'no peer answered: a challenge was answered by the thumbprint of the account',
  'lookup-cut-off': () => 'no peer answered when a challenge was looked up',
  'connection-without-key': () => 'refused a connection without the cluster key',
  'request-refused': () => 'refused a request',
  'request-failed': () => 'a request failed',
  'request-not-carried-out': () => 'a request could not be carried out',
  'tokens-expired': () => 'removed tokens that were older than agent.tokenTtl',
  'expiry-failed': () => 'expired tokens and bundles could not be removed',
  'tokens-not-passed-on': () =>
    'a peer does not take what has changed in the webroot: it is tried again until the token is gone or agent.tokenTtl is over',
  'token-not-readable': ({ file }: { readonly file: string }) => [
    `${file}: the agent may not read it: it is not presented on the peers, and the web server may not read it either`,
    'give the ACME client umask 022, or let it make its tokens readable for all',
  ],
  'too-many-tokens': ({ atMost }: { readonly atMost: number }) =>
    `more than ${atMost} tokens of other clients are in the webroot: the others are not presented on the peers`,
  'webroot-not-watched': ({ directory, error }: { readonly directory: string; readonly error: string }) => [
    `${directory}: cannot be watched (${error}): tokens of other clients are not presented on the peers`,
    ...(error === 'ENOSPC' || error === 'EMFILE'
      ? ['raise fs.inotify.max_user_watches and fs.inotify.max_user_instances with sysctl']
      : []),
  ],
  'watch-failed': () =>
    'the webroot is not watched any more: tokens of other clients are not presented on the peers',
  'events-full': ({ file }: { readonly file: string }) =>
    `${file}: full: no event of the agent is written until certbot-ha sync has put it aside`,
  'systemd-not-notified': () => 'systemd could not be notified that the agent is ready',
  'reload-refused': ({ problems }: { readonly problems: readonly string[] }) => [
    'nothing was taken over: the agent goes on with what it has',
    ...problems,
  ],
  'restart-needed': ({
    listens,
    wanted,
  }: {
    readonly listens: readonly string[];
    readonly wanted: readonly string[];
  }) => [
    `the agent listens on ${listens.join(', ')}, the configuration has ${wanted.join(', ')}: only a restart changes that`,
    'certbot-ha install where certbot-ha-agent.socket is enabled, else systemctl restart certbot-ha-agent',
  ],
  'reload-impossible': () => [
    'no agent that systemd has started takes over what has changed',
    'systemctl reload certbot-ha-agent, or systemctl restart certbot-ha-agent where an older one runs',
  ],
  'reload-unanswered': ({ seconds }: { readonly seconds: number }) => [
    `the agent has not said within ${seconds} s whether it has taken over what has changed`,
    'journalctl -n 50 -u certbot-ha-agent',
  ],
  'sockets-differ': ({
    held,
    missing,
  }: {
    readonly held: readonly string[];
    readonly missing: readonly string[];
  }) => {
    const parts = [
      ...(held.length > 0 ? [`has ${held.join(', ')}, which the configuration has not`] : []),
      ...(missing.length > 0 ? [`lacks ${missing.join(', ')}`] : []),
    ];
    return `certbot-ha-agent.socket ${parts.join(', and ')}: certbot-ha install corrects it`;
  },
  'watchdog-not-notified': () =>
    'systemd could not be notified that the agent works, and restarts it if that goes on',
  'peers-not-notified': () => 'the peers could not be notified that this node is back',
  'survey-failed': ({ end, said }: { readonly end: number; readonly said: readonly string[] }) => [
    `certbot-ha status --json: exit ${end}`,
    ...said,
  ],
  'survey-unreadable': () => 'certbot-ha status --json printed what this agent cannot read',
  'self-not-asked': () => 'this node could not request its own sync: certbot-ha-sync.timer starts it',
} satisfies Area;

interface Place {
  readonly address: string;
  readonly port: number;
}

function agentAt({ address, port }: Place): string {
  return `agent: ${address} port ${port}`;
}
