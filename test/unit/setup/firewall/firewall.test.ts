import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Programs } from '../../../../lib/setup/admin-programs.ts';
import { successOf } from '../../../../lib/setup/admin-programs.ts';
import {
  putFirewall,
  showFirewall,
  type FirewallKind,
  type FirewallOptions,
} from '../../../../lib/setup/firewall/firewall.ts';
import type { Access } from '../../../../lib/setup/firewall/sources.ts';
import { expect, test } from '../../../support/temporary.ts';

const ACCESS: Access = {
  port: 9480,
  sources: [
    { node: 'web2', configured: '192.0.2.12', addresses: ['192.0.2.12'] },
    { node: 'web3', configured: 'web3.example', addresses: ['192.0.2.13', '2001:db8::13'] },
  ],
};

type Answers = Readonly<Record<string, string | readonly [number, string]>>;

/** Programs that answer a command, by what it begins with: the longest first. What nothing answers is not installed. */
function host(answers: Answers) {
  const told: string[] = [];
  const beginnings = Object.keys(answers).toSorted((one, other) => other.length - one.length);
  const ask: Programs['ask'] = async (argv) => {
    const command = argv.join(' ');
    told.push(command);
    const found = beginnings.find((one) => command.startsWith(one));
    if (found === undefined) {
      const trouble = { code: 'program-not-installed', program: argv[0] ?? '' } as const;
      return await Promise.resolve({ code: null, stdout: '', stderr: '', trouble });
    }
    const answer = answers[found] ?? '';
    const [code, text] = typeof answer === 'string' ? [0, answer] : answer;
    const isGood = code === 0;
    return { code, stdout: isGood ? text : '', stderr: isGood ? '' : text, trouble: null };
  };
  return {
    told,
    programs: { ask, tell: async (argv) => successOf(argv, await ask(argv)) } satisfies Programs,
  };
}

interface Given {
  readonly answers: Answers;
  readonly access?: Access;
  readonly root?: string;
}

async function run(
  how: typeof putFirewall,
  kind: FirewallKind,
  { answers, access = ACCESS, root = '/nowhere' }: Given,
) {
  const said: string[] = [];
  const { told, programs } = host(answers);
  const here: FirewallOptions['here'] = {
    interfaces: [{ address: '192.0.2.11', cidr: '192.0.2.11/24', interface: 'eth0' }],
    own: ['192.0.2.11'],
  };
  await how(kind, { access, programs, here, root, out: (line) => void said.push(line) });
  return { said, told };
}

const ruleset = (policy: string, chain = 'input', family = 'inet') =>
  JSON.stringify({
    nftables: [{ chain: { family, table: 'filter', name: chain, type: 'filter', hook: 'input', policy } }],
  });
const INACTIVE: Answers = {
  'firewall-cmd --state': [252, 'not running'],
  'ufw status': 'Status: inactive\n',
  'nft --json list ruleset': ruleset('accept'),
  'iptables -w 5 -S INPUT': '-P INPUT ACCEPT\n',
  'ip6tables -w 5 -S INPUT': '-P INPUT ACCEPT\n',
};

const WITHOUT_BUS: Answers = {
  ...INACTIVE,
  'firewall-cmd --state': [
    36,
    'Error: DBUS_ERROR: Failed to connect to socket /run/dbus/system_bus_socket: No such file or directory',
  ],
};

test.for([{}, INACTIVE, WITHOUT_BUS])('where nothing drops, nothing is changed', async (answers) => {
  const { said, told } = await run(putFirewall, 'firewall', { answers });
  expect(said[0]).toBe('no firewall of this host drops connections to the agent:');
  expect(told.toSorted()).toEqual(
    [
      'firewall-cmd --state',
      'ufw status',
      'nft --json list ruleset',
      'iptables -w 5 -S INPUT',
      'ip6tables -w 5 -S INPUT',
    ].toSorted(),
  );
});

test.for([
  ['ufw', ['ufw status']],
  ['firewalld', ['firewall-cmd --state']],
] as const)('%s is not started for it', async ([kind, asked]) => {
  const { said, told } = await run(putFirewall, kind, { answers: INACTIVE });
  expect({ said, told }).toEqual({ said: [`${kind} is not active: nothing was changed`], told: asked });
});

test.for([
  ['nft', { ...INACTIVE, 'nft --json list ruleset': [1, 'Operation not permitted (you must be root)'] }],
  ['ufw', { ...INACTIVE, 'ufw status': [1, 'ERROR: You need to be root to run this script'] }],
  [
    'iptables',
    { ...INACTIVE, 'iptables -w 5 -S INPUT': [4, "Fatal: can't open lock file: Permission denied"] },
  ],
] as const)('what %s does not tell is not taken for an open port', async ([, answers]) => {
  const isRoot = process.getuid?.() === 0;
  await expect(run(showFirewall, 'firewall', { answers })).rejects.toMatchObject({
    findings: [{ code: 'set-up-command-failed' }],
    hint: isRoot ? undefined : 'run this as root',
  });
});

test('ufw gets a rule for each address before all others, and loses ours that are out of date', async () => {
  const added = [
    'Added user rules:',
    'ufw allow 9480/tcp',
    "ufw allow from 192.0.2.12 to any port 9480 proto tcp comment 'certbot-ha'",
    "ufw allow from 192.0.2.14 to any port 9480 proto tcp comment 'certbot-ha'",
    'ufw allow from 192.0.2.15 to any port 9480 proto tcp',
    "ufw allow from 192.0.2.12 to any port 9999 proto tcp comment 'certbot-ha'",
  ].join('\n');
  const answers = {
    ...INACTIVE,
    'ufw status': 'Status: active\n',
    // They are ufw's own.
    'iptables -w 5 -S INPUT': '-P INPUT DROP\n',
    'ufw prepend': 'Rule inserted\n',
    'ufw show added': added,
    'ufw delete': 'Rule deleted\n',
  };
  const { said, told } = await run(putFirewall, 'firewall', { answers });
  const rule = (address: string, port = 9480) => `allow proto tcp from ${address} to any port ${port}`;
  expect(told.filter((command) => /^ufw (?:prepend|delete)/.test(command))).toEqual([
    `ufw prepend ${rule('192.0.2.12')} comment certbot-ha`,
    `ufw prepend ${rule('192.0.2.13')} comment certbot-ha`,
    `ufw prepend ${rule('2001:db8::13')} comment certbot-ha`,
    `ufw delete ${rule('192.0.2.14')}`,
    `ufw delete ${rule('192.0.2.12', 9999)}`,
  ]);
  expect(said).toContain(`ufw prepend ${rule('192.0.2.12')} comment certbot-ha: Rule inserted`);
});

const rich = (address: string, family = 'ipv4') =>
  `rule family="${family}" source address="${address}" port port="9480" protocol="tcp" accept`;

test('firewalld gets what it lacks, in the zone of the interface or of the source, for good and at once', async () => {
  const answers = {
    ...INACTIVE,
    'firewall-cmd --state': 'running\n',
    'firewall-cmd --get-active-zones':
      'dmz (default)\n  interfaces: eth0\nnodes\n  sources: ipset:any 2001:db8::/32 192.0.2.99\n',
    'firewall-cmd --get-zone-of-interface=eth0': 'dmz\n',
    'firewall-cmd --permanent --zone=dmz --list-rich-rules': `${rich('192.0.2.12')}\n${rich('192.0.2.14')}\n`,
    'firewall-cmd': '\n',
  };
  const { said, told } = await run(putFirewall, 'firewall', { answers });
  expect(told.filter((command) => command.includes('-rich-rule='))).toEqual([
    `firewall-cmd --permanent --zone=dmz --add-rich-rule=${rich('192.0.2.13')}`,
    `firewall-cmd --permanent --zone=nodes --add-rich-rule=${rich('2001:db8::13', 'ipv6')}`,
    `firewall-cmd --zone=dmz --add-rich-rule=${rich('192.0.2.12')}`,
    `firewall-cmd --zone=dmz --add-rich-rule=${rich('192.0.2.13')}`,
    `firewall-cmd --zone=nodes --add-rich-rule=${rich('2001:db8::13', 'ipv6')}`,
  ]);
  expect(said.filter((line) => line.startsWith('left: '))).toEqual([
    `left: 192.0.2.14 is no other node of the configuration. To remove its rule: firewall-cmd --permanent --zone=dmz '--remove-rich-rule=${rich('192.0.2.14')}'`,
  ]);
});

test('what iptables drops is for its owner to open', async () => {
  for (const listed of [
    '-P INPUT DROP\n',
    '-P INPUT ACCEPT\n-A INPUT -j REJECT --reject-with icmp-port-unreachable\n',
  ]) {
    const answers = { ...INACTIVE, 'ip6tables -w 5 -S INPUT': listed };
    await expect(run(putFirewall, 'firewall', { answers })).rejects.toMatchObject({
      findings: [{ code: 'firewall-by-hand' }],
      exitCode: 1,
    });
    const { said, told } = await run(showFirewall, 'firewall', { answers });
    expect(said).toContain(
      'ip6tables -C INPUT -p tcp -s 2001:db8::13 --dport 9480 -m comment --comment certbot-ha -j ACCEPT 2>/dev/null || ip6tables -I INPUT -p tcp -s 2001:db8::13 --dport 9480 -m comment --comment certbot-ha -j ACCEPT',
    );
    expect(told.filter((command) => / -[ICA] /.test(command))).toEqual([]);
  }
});

test('where several are at work, each gets rules; what is not kept ends it only then', async ({
  directory,
}) => {
  const answers = {
    ...INACTIVE,
    ufw: '\n',
    'ufw status': 'Status: active\n',
    'nft --json list ruleset': ruleset('drop'),
    'nft insert': '',
  };
  const { programs, told } = host(answers);
  const options = { access: ACCESS, programs, here: { interfaces: [], own: [] }, root: directory };
  await expect(putFirewall('firewall', { ...options, out: () => undefined })).rejects.toMatchObject({
    findings: [{ code: 'firewall-not-kept', chains: ['inet filter input'] }],
    exitCode: 1,
  });
  expect(told.filter((command) => /^(?:ufw prepend|nft insert)/.test(command))).toHaveLength(4);
  expect(await readdir(directory)).toEqual([]);
});

test('where iptables does not delete a rule of ours, ufw is opened, and then it ends with that', async () => {
  const answers = {
    ...INACTIVE,
    ufw: '\n',
    'ufw status': 'Status: active\n',
    'iptables -w 5 -S INPUT':
      '-A INPUT -s 192.0.2.99/32 -p tcp -m tcp --dport 9480 -m comment --comment certbot-ha -j ACCEPT\n',
    'iptables -w 5 -D': [4, 'Another app is currently holding the xtables lock'] as const,
  };
  const { programs, told } = host(answers);
  const options = { access: ACCESS, programs, here: { interfaces: [], own: [] }, root: '/nowhere' };
  await expect(putFirewall('firewall', { ...options, out: () => undefined })).rejects.toMatchObject({
    findings: [{ code: 'set-up-command-failed' }],
  });
  expect(told.filter((command) => command.startsWith('ufw prepend'))).toHaveLength(3);
});

test('a zone that firewalld has at run time alone stops no rule of another one', async () => {
  const answers = {
    ...INACTIVE,
    'firewall-cmd --state': 'running\n',
    'firewall-cmd --get-active-zones': 'dmz (default)\n  interfaces: eth0\nvpn\n  interfaces: wg0\n',
    'firewall-cmd --get-zone-of-interface=eth0': 'dmz\n',
    'firewall-cmd --permanent --zone=vpn': [112, 'Error: INVALID_ZONE: vpn'] as const,
    'firewall-cmd': '\n',
  };
  const { told } = await run(putFirewall, 'firewall', { answers });
  expect(
    told.filter((command) => command.startsWith('firewall-cmd --zone=dmz --add-rich-rule=')),
  ).toHaveLength(3);
});

test('a chain of iptables is not taken for a port that is open, also where nftables was asked for', async () => {
  const answers = { ...INACTIVE, 'nft --json list ruleset': ruleset('drop', 'INPUT', 'ip') };
  await expect(run(putFirewall, 'nftables', { answers })).rejects.toMatchObject({
    findings: [{ code: 'firewall-by-hand' }],
  });
});

test('a peer whose name leads to nothing stops it before anything is changed', async () => {
  const access = { port: 9480, sources: [{ node: 'web2', configured: 'web2.example', addresses: [] }] };
  const given = { answers: INACTIVE, access };
  await expect(run(putFirewall, 'firewall', given)).rejects.toMatchObject({
    findings: [{ code: 'peers-without-address', nodes: ['web2 (web2.example)'] }],
  });
  const { said } = await run(showFirewall, 'ufw', given);
  expect(said).toContain('#   web2: no address found: it is left out');
});

test.for([
  [
    'nftables',
    'insert rule inet filter input ip6 saddr { 2001:db8::13 } tcp dport 9480 accept comment "certbot-ha"',
  ],
  ['firewalld', `firewall-cmd --permanent --zone=public '--add-rich-rule=${rich('192.0.2.12')}'`],
  ['ufw', 'ufw prepend allow proto tcp from 192.0.2.12 to any port 9480 comment certbot-ha'],
] as const)('the rules for %s can be had where it is not installed', async ([kind, line]) => {
  expect((await run(showFirewall, kind, { answers: {} })).said).toContain(line);
});

const ALONE: Access = { port: 9480, sources: [] };

/** A chain with a rule of ours for web2, and one of somebody else's. */
const withOurs = (policy: string) => {
  const place = { family: 'inet', table: 'filter', chain: 'input' };
  const match = (protocol: string, field: string, right: unknown) => ({
    match: { op: '==', left: { payload: { protocol, field } }, right },
  });
  const expr = [match('ip', 'saddr', '192.0.2.12'), match('tcp', 'dport', 9480), { accept: null }];
  const { nftables } = JSON.parse(ruleset(policy)) as { readonly nftables: readonly unknown[] };
  return JSON.stringify({
    nftables: [
      ...nftables,
      { rule: { ...place, handle: 7, comment: 'certbot-ha', expr } },
      { rule: { ...place, handle: 8, comment: 'mine', expr } },
    ],
  });
};

test.for([
  ['nftables', 'drop'],
  ['firewall', 'drop'],
  ['firewall', 'accept'],
] as const)(
  '%s: with no other node, our rules go, and so does their file (policy %s)',
  async ([kind, policy], { directory }) => {
    await mkdir(join(directory, 'etc/nftables.d'), { recursive: true });
    const file = join(directory, 'etc/nftables.d/certbot-ha.nft');
    await writeFile(file, '# certbot-ha: lets the other nodes\n');
    const answers = { ...INACTIVE, 'nft --json list ruleset': withOurs(policy), 'nft delete': '' };
    const { said, told } = await run(putFirewall, kind, { answers, access: ALONE, root: directory });
    expect(told.filter((command) => /^nft (?:delete|insert)/.test(command))).toEqual([
      'nft delete rule inet filter input handle 7',
    ]);
    expect(said).toContain(`removed: ${file}`);
    expect(await readdir(join(directory, 'etc/nftables.d'))).toEqual([]);
  },
);

test('in a chain that does not drop any more, our rules follow the configuration', async () => {
  const answers = { ...INACTIVE, 'nft --json list ruleset': withOurs('accept'), 'nft delete': '' };
  const access: Access = {
    port: 9480,
    sources: [{ node: 'web3', configured: '192.0.2.13', addresses: ['192.0.2.13'] }],
  };
  const { programs, told } = host(answers);
  const options = {
    access,
    programs,
    here: { interfaces: [], own: [] },
    root: '/nowhere',
    out: () => undefined,
  };
  await expect(putFirewall('firewall', options)).rejects.toMatchObject({
    findings: [{ code: 'firewall-not-kept' }],
  });
  expect(told.filter((command) => /^nft (?:delete|insert)/.test(command))).toEqual([
    'nft delete rule inet filter input handle 7; insert rule inet filter input ip saddr { 192.0.2.13 } tcp dport 9480 accept comment "certbot-ha"',
  ]);
});

test.for([
  ['the service is disabled', 'UnitFileState=disabled\n', ['certbot-ha.nft'], /is not enabled/],
  ['nft refuses the file', 'UnitFileState=enabled\n', ['certbot-ha.nft'], /nft --check refuses/],
  ['no chain drops', 'UnitFileState=enabled\n', [], /^removed: /],
] as const)(
  'where no chain drops now, what is kept for the next boot: %s',
  async ([why, state, left, words], { directory }) => {
    await mkdir(join(directory, 'etc/nftables.d'), { recursive: true });
    const file = join(directory, 'etc/nftables.d/certbot-ha.nft');
    await writeFile(file, '# certbot-ha: lets the other nodes\n');
    const start =
      'ExecStart={ path=/usr/sbin/nft ; argv[]=/usr/sbin/nft -f /etc/nftables.conf ; ignore_errors=no ; }';
    const answers = {
      ...INACTIVE,
      systemctl: `${start}\n${state}`,
      'nft --check': why === 'nft refuses the file' ? ([1, 'syntax error'] as const) : '',
      unshare: ruleset('accept'),
    };
    const { said } = await run(putFirewall, 'firewall', { answers, root: directory });
    expect(said.filter((line) => line.includes(file))).toEqual([expect.stringMatching(words)]);
    expect(await readdir(join(directory, 'etc/nftables.d'))).toEqual(left);
  },
);

test('with no other node, nothing of ours is left in ufw and iptables, and what firewalld has is named', async () => {
  const ours = '-A INPUT -s 192.0.2.12/32 -p tcp -m tcp --dport 9480 -m comment --comment';
  const answers = {
    ...INACTIVE,
    'ufw status': 'Status: active\n',
    'ufw show added': [
      "ufw allow from 192.0.2.12 to any port 9480 proto tcp comment 'certbot-ha'",
      "ufw allow from 192.0.2.12 to any port 9480 proto tcp comment 'mine'",
    ].join('\n'),
    'ufw delete': 'Rule deleted\n',
    'iptables -w 5 -S INPUT': `-P INPUT DROP\n${ours} certbot-ha -j ACCEPT\n${ours} mine -j ACCEPT\n`,
    'iptables -w 5 -D': '',
    'firewall-cmd --state': 'running\n',
    'firewall-cmd --zone=public --list-rich-rules': `${rich('192.0.2.12')}\n`,
    'firewall-cmd --get-default-zone': 'public\n',
    'firewall-cmd': '\n',
  };
  const { said, told } = await run(putFirewall, 'firewall', { answers, access: ALONE });
  expect(told.filter((command) => /^ufw (?:prepend|delete)|-rich-rule=|-[DIA] INPUT/.test(command))).toEqual([
    'ufw delete allow proto tcp from 192.0.2.12 to any port 9480',
    'iptables -w 5 -D INPUT -s 192.0.2.12/32 -p tcp -m tcp --dport 9480 -m comment --comment certbot-ha -j ACCEPT',
  ]);
  expect(said).toContain(
    `left: 192.0.2.12 is no other node of the configuration. To remove its rule: firewall-cmd --zone=public '--remove-rich-rule=${rich('192.0.2.12')}'`,
  );
  expect(told.filter((command) => /^ufw status|--state/.test(command))).toEqual([
    'firewall-cmd --state',
    'ufw status',
  ]);
});

test('what iptables drops beside ufw is told, but for what is ufw’s own', async () => {
  const answers = {
    ...INACTIVE,
    ufw: '\n',
    'ufw status': 'Status: active\n',
    'iptables -w 5 -S INPUT': '-P INPUT DROP\n-A INPUT -j ufw-before-input\n-A INPUT -j REJECT\n',
  };
  const { said } = await run(putFirewall, 'firewall', { answers });
  expect(said.filter((line) => line.startsWith('beside '))).toEqual([
    'beside ufw, iptables has: -A INPUT -j REJECT. Whose it is, and whether the other nodes get past it, is not decided: iptables -S INPUT',
  ]);
});

test.for([
  ['firewall', {}, 'rules that drop by address, set or interface'],
  [
    'nftables',
    { 'nft --json list ruleset': ruleset('drop') },
    'whether a rule by interface, set or address lets',
  ],
  ['iptables', {}, 'whether a rule by interface, set or address lets'],
] as const)('%s: what is not decided is told', async ([kind, answers, words]) => {
  const { said } = await run(showFirewall, kind, { answers: { ...INACTIVE, ...answers } });
  expect(said.filter((line) => line.includes(`not decided: ${words}`))).toHaveLength(1);
});
