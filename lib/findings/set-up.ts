import { list, some, type Area } from './area.ts';

/** Configuration, key and the web server's part, as the set-up writes them. */
export const SET_UP = {
  'files-differ': ({ files }: { readonly files: readonly string[] }) =>
    `${files.join(', ')}: already there, not replaced`,
  'group-missing': ({ group }: { readonly group: string }) => `group ${group} does not exist`,
  'user-missing': ({ user, unit }: Readonly<Record<'user' | 'unit', string>>) =>
    `${unit} runs as user ${user}, which does not exist`,
  'set-up-not-read': ({ got }: { readonly got: string }) =>
    `stdin: expected what certbot-ha init --export prints, got ${got}`,
  'set-up-interrupted': () => 'interrupted: nothing was written',
  'snippet-interrupted': () => 'interrupted: what was written is taken back',
  'not-undone': ({ file, error }: Readonly<Record<'file' | 'error', string>>) =>
    `${file}: could not be put back as it was (${error})`,
  'node-elsewhere': ({ setting, node, host, addresses }: Elsewhere) =>
    `${setting} says ${node}, and this host is ${host} with ${list(addresses, 'no address')}`,
  'self-in-export': ({ file, node }: Readonly<Record<'file' | 'node', string>>) =>
    `${file}: self is ${node}: that is for one node, and the same file goes to every node`,
  'keepalived-missing': ({ file }: { readonly file: string }) => `${file}: no such file`,
  'peers-left-out': ({ addresses, peers }: Readonly<Record<'addresses' | 'peers', readonly string[]>>) =>
    `peers of keepalived: taken ${list(peers, 'none')}; left out, as further addresses of the same hosts: ${addresses.join(', ')}`,
  'vip-not-in-keepalived': ({ vips, kept }: Readonly<Record<'vips' | 'kept', readonly string[]>>) =>
    `VIP ${vips.join(', ')}: not in the configuration of keepalived, which has ${kept.join(', ')}, and on no interface here`,
  'web-server-missing': () => 'no web server was found that there is a kind for: webServer.kind is none',
  'web-servers-beside': ({ kind, others }: { readonly kind: string; readonly others: readonly string[] }) =>
    `web server: ${kind} is chosen; also here: ${others.join(', ')}`,
  'port-of-another': ({ program, kind }: Readonly<Record<'program' | 'kind', string>>) =>
    `port 80 is that of ${program}, which there is no kind for: webServer.kind is ${kind}`,
  'webroot-not-known': ({ source, end }: Readonly<Record<'source' | 'end', string>>) =>
    `${source}: ${end}: whether it has a webroot for challenges is not known`,
  'challenges-handed-on': ({ backend, servers }: Backend) =>
    `haproxy hands challenges to backend ${backend} (${list(servers, 'no server')}): the webroot is what is served there`,
  'challenges-answered': ({ section }: { readonly section: string }) =>
    `haproxy answers challenges itself (${section}, http-request return): it does not ask for those of certbot-ha`,
  'other-client-renews': ({ client, place }: Readonly<Record<'client' | 'place', string>>) =>
    `${place} runs ${client}: the certificates that it gets stay on this node`,
  'keepalived-unreadable': ({ file, error }: Readonly<Record<'file' | 'error', string>>) =>
    `${file}: cannot be read (${error})`,
  'setting-missing': ({ option, expected, seen }: Missing) =>
    `${option}: missing: expected ${expected}; found: ${list(seen, 'none')}`,
  'snippet-without-place': ({ kind }: { readonly kind: string }) =>
    `${kind} has no directory for parts of its configuration`,
  'peers-without-address': ({ nodes }: { readonly nodes: readonly string[] }) =>
    `no address is found for ${nodes.join(', ')}`,
  'firewall-by-hand': () => 'iptables: where its rules are kept is not known, and none was added',
  'firewall-not-kept': ({ chains }: { readonly chains: readonly string[] }) =>
    `nftables: the rules are in ${list(chains, 'no chain')} now, and are gone after a reboot`,
  'set-up-command-failed': ({ command, end, said }: Command) => [`${command}: ${end}`, ...said],
  'programs-hidden': ({ directory }: { readonly directory: string }) =>
    `${directory}: the units of systemd do not see what is in there`,
  'programs-not-executable': ({ files }: { readonly files: readonly string[] }) =>
    `${some(files)}: not everybody may read and start these`,
  'package-incomplete': ({ files }: { readonly files: readonly string[] }) =>
    `a package of certbot-ha is installed, and lacks ${some(files)}`,
} satisfies Area;

interface Command {
  readonly command: string;
  /** `exit 1`, or why there is no exit code */
  readonly end: string;
  /** its own last lines */
  readonly said: readonly string[];
}

interface Backend {
  readonly backend: string;
  /** their addresses, as HAProxy has them */
  readonly servers: readonly string[];
}

interface Elsewhere {
  /** what names the node */
  readonly setting: string;
  /** as `web1 (192.0.2.11)` */
  readonly node: string;
  readonly host: string;
  readonly addresses: readonly string[];
}

interface Missing {
  readonly option: string;
  readonly expected: string;
  /** what was found on this host, and does not decide it */
  readonly seen: readonly string[];
}
