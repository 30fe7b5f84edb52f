import { randomBytes } from 'node:crypto';
import { eventually } from '../eventually.ts';
import { startOn } from '../host-daemon.ts';
import type { LabHost } from '../lab.ts';
import type { Stage } from './stage.ts';

/** A name server on the CA's host, with an address of its own. */
export interface LabNameServer {
  readonly name: string;
  readonly address: string;
  /** The values of a TXT record, as this server has them. */
  values(name: string): Promise<readonly string[]>;
  /** It is killed, and answers nobody any more. */
  kill(): Promise<void>;
  /** Its answers reach no other host until what this gives is called. */
  cutOff(): Promise<() => Promise<void>>;
}

/**
 * The zones dns.test and acme.test, which every node may change and the CA validates by: BIND is the primary, Knot a secondary that
 * is told of changes, and another BIND a secondary that is not, and looks every two seconds.
 */
export interface LabDns {
  readonly zone: 'dns.test';
  readonly primary: LabNameServer;
  readonly slow: LabNameServer;
  readonly knot: LabNameServer;
  /** `dns`, for a configuration: the key lies on every node. */
  readonly settings: object;
}

const [PRIMARY, SLOW, KNOT, RESOLVER] = [51, 52, 53, 54].map((byte) => `192.168.69.${byte}`) as [
  string,
  string,
  string,
  string,
];
const ZONES = ['dns.test', 'acme.test'] as const;
const KEY = `key "acme" { algorithm hmac-sha256; secret "${randomBytes(32).toString('base64')}"; };\n`;

/** Starts them, and the CA anew, which asks them from now on. All of it until the test is over. */
export async function startDns({ lab, nodes, undo }: Stage): Promise<LabDns> {
  const { ca } = lab;
  for (const address of [PRIMARY, SLOW, KNOT, RESOLVER]) {
    await ca.check(['ip', 'addr', 'add', `${address}/24`, 'dev', 'eth0']);
    undo(async () => await ca.run(['ip', 'addr', 'del', `${address}/24`, 'dev', 'eth0']));
  }
  await ca.check(['mkdir', '-p', ...['ns1', 'ns2', 'ns3', 'resolver'].map((name) => `/var/dns/${name}`)]);
  for (const zone of ZONES) await ca.writeFile(`/var/dns/ns1/${zone}`, zoneText(zone, lab.vips[0] ?? ''));
  const start = async (name: string, argv: readonly string[], text: string, ready: RegExp) => {
    await ca.writeFile(`/var/dns/${name}.conf`, text);
    const { stop } = await startOn(ca, [...argv, `/var/dns/${name}.conf`], { ready });
    undo(stop);
    return stop;
  };
  const named = ['named', '-g', '-n', '1', '-c'];
  const server = (index: number, address: string, kill: () => Promise<void>): LabNameServer => ({
    ...{ name: `ns${index}.dns.test`, address, kill },
    values: async (name) => await valuesAt(ca, address, name),
    async cutOff() {
      await ca.check(['ip', 'rule', 'add', 'from', address, 'blackhole']);
      const restore = async () => void (await ca.run(['ip', 'rule', 'del', 'from', address, 'blackhole']));
      undo(restore);
      return restore;
    },
  });
  const primary = server(1, PRIMARY, await start('ns1', named, primaryConf(), / running$/m));
  const slow = server(2, SLOW, await start('ns2', named, slowConf(), / running$/m));
  const knot = server(3, KNOT, await start('ns3', ['knotd', '-c'], knotConf(), /server started/));
  await start('resolver', named, resolverConf(), / running$/m);
  await eventually(async () => await serialsAt(ca, [PRIMARY, SLOW, KNOT]), {
    timeoutMs: 20_000,
    what: 'all name servers have the zones',
    until: ([first, ...others]) => first !== '' && others.every((serial) => serial === first),
  });
  await lab.restartCa({ dnsServer: `${RESOLVER}:53` });
  undo(async () => await lab.restartCa());
  for (const node of nodes) {
    await node.writeFile('/etc/certbot-ha/dns.key', KEY, { mode: 0o600 });
    undo(async () => await node.run(['rm', '-f', '/etc/certbot-ha/dns.key']));
  }
  const settings = { provider: 'rfc2136', resolvers: [RESOLVER] };
  return { zone: 'dns.test', primary, slow, knot, settings };
}

async function valuesAt(host: LabHost, address: string, name: string): Promise<readonly string[]> {
  const answer = await host.check(['dig', '+short', '+norecurse', `@${address}`, name, 'TXT']);
  return answer
    .split('\n')
    .filter((line) => line.startsWith('"'))
    .map((line) => line.replaceAll('"', ''));
}

/** What each has of the second zone; empty where it has none yet. */
async function serialsAt(host: LabHost, addresses: readonly string[]): Promise<readonly string[]> {
  return await Promise.all(
    addresses.map(async (address) =>
      (await host.run(['dig', '+short', '+norecurse', `@${address}`, 'acme.test', 'SOA'])).stdout.trim(),
    ),
  );
}

/** Every name below it leads to the VIP. */
function zoneText(zone: string, vip: string): string {
  const delegated = zone === 'dns.test' ? '_acme-challenge.delegated CNAME delegated.acme.test.' : '';
  return `$TTL 5
@ SOA ns1.dns.test. root.dns.test. 1 2 1 3600 1
@ NS ns1.dns.test.
@ NS ns2.dns.test.
@ NS ns3.dns.test.
@ A ${vip}
* A ${vip}
${zone === 'dns.test' ? `ns1 A ${PRIMARY}\nns2 A ${SLOW}\nns3 A ${KNOT}` : ''}
${delegated}
`;
}

function options(name: string, address: string, more: string): string {
  return `options { directory "/var/dns/${name}"; pid-file none; session-keyfile none; managed-keys-directory "/var/dns/${name}";
  listen-on { ${address}; }; listen-on-v6 { none; }; dnssec-validation no; ${more} };
controls {};
`;
}

function zones(text: (zone: string) => string): string {
  return ZONES.map((zone) => `zone "${zone}" { ${text(zone)} };\n`).join('');
}

function primaryConf(): string {
  const notify = `notify explicit; also-notify { ${KNOT}; }; notify-source ${PRIMARY}; notify-delay 0;`;
  return `${options('ns1', PRIMARY, `recursion no; allow-transfer { any; }; ${notify}`)}${KEY}${zones(
    (zone) => `type primary; file "${zone}"; update-policy { grant acme zonesub TXT; };`,
  )}`;
}

function slowConf(): string {
  const times = 'min-refresh-time 2; max-refresh-time 2; min-retry-time 1; max-retry-time 1;';
  return `${options('ns2', SLOW, `recursion no; notify no; ${times}`)}${zones(
    (zone) => `type secondary; file "${zone}"; primaries { ${PRIMARY}; }; allow-notify { none; };`,
  )}`;
}

function resolverConf(): string {
  const forwarding = 'forward only; forwarders { 192.168.69.2; };';
  return `${options(
    'resolver',
    RESOLVER,
    `recursion yes; allow-recursion { any; }; max-cache-ttl 0; max-ncache-ttl 0; ${forwarding}`,
  )}${zones(() => `type static-stub; forwarders { }; server-addresses { ${PRIMARY}; ${SLOW}; ${KNOT}; };`)}`;
}

function knotConf(): string {
  const zone = (name: string) =>
    `  - domain: ${name}\n    master: ns1\n    acl: notify\n    storage: /var/dns/ns3\n`;
  return `server:
    rundir: /var/dns/ns3
    listen: ${KNOT}@53
log:
  - target: stderr
    any: info
database:
    storage: /var/dns/ns3
remote:
  - id: ns1
    address: ${PRIMARY}@53
acl:
  - id: notify
    address: ${PRIMARY}
    action: notify
zone:
${ZONES.map(zone).join('')}`;
}
