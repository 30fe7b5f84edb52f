import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { loadConfig } from '../../../lib/cluster/config.ts';
import { CertbotHaError } from '../../../lib/base/errors.ts';
import { NO_FILES, putNoFile } from '../../support/strange/no-file.ts';
import { expect, test } from '../../support/temporary.ts';

const LEAST = 'nodes:\n  web1: 192.168.69.11\n  web2: 192.168.69.12\nvips: [192.168.69.10]\n';

async function load(directory: string, text: string) {
  const file = join(directory, 'config.yaml');
  await writeFile(file, text);
  return loadConfig(file);
}

/** Every problem that the file is refused for, without the file's name. */
async function problemsOf(directory: string, text: string): Promise<readonly string[]> {
  const error: unknown = await load(directory, text).then(
    () => new Error('it was accepted'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CertbotHaError) || error.kind !== 'config') throw error;
  return error.problems.map((problem) => problem.replace(`${directory}/config.yaml: `, ''));
}

test('fills in every default for the least file', async ({ directory }) => {
  const common = {
    isDrained: false,
    webroot: '/usr/share/nginx/letsencrypt',
    agentPort: 9480,
    httpPort: 80,
    httpsPort: 443,
  };
  expect(await load(directory, LEAST)).toEqual({
    file: join(directory, 'config.yaml'),
    nodes: [
      { name: 'web1', address: '192.168.69.11', ...common },
      { name: 'web2', address: '192.168.69.12', ...common },
    ],
    self: null,
    vips: ['192.168.69.10'],
    stateDir: '/var/lib/certbot-ha',
    transport: { challenges: 'http', lineages: 'http' },
    gate: {
      timeoutMs: 60_000,
      require: 'all',
      onFailure: 'continue',
      httpPort: 80,
      httpsPort: 443,
      proxyProtocol: false,
    },
    agent: {
      port: 9480,
      adminListen: '127.0.0.1:9481',
      lookup: 'peers',
      keyFile: '/etc/certbot-ha/cluster.key',
      tokenTtlMs: 3_600_000,
    },
    rsync: { user: 'certbot-ha', identityFile: '/etc/certbot-ha/id_ed25519', port: 22, sshConfig: null },
    syncthing: { url: 'http://127.0.0.1:8384', folder: null, apiKeyFile: '/etc/certbot-ha/syncthing.key' },
    unison: { user: 'unison', identityFile: '/etc/certbot-ha/id_unison', port: 22, sshConfig: null },
    certificates: { mode: 'shared', issuer: 'vip', configDir: '/etc/letsencrypt', lineages: {} },
    webServer: { kind: 'nginx', test: null, reload: null, runsOn: 'all' },
    notify: [],
    dns: null,
  });
});

test('takes every key as it is written', async ({ directory }) => {
  const config = await load(
    directory,
    `
nodes:
  web1: 192.168.69.11
  web2:
    address: fd69::12
    drained: true
    webroot: /srv/acme
    agentPort: 1001
    httpPort: 1002
    httpsPort: 1003
    adminListen: 192.168.69.12:9481
  web3.example.test: { address: web3.example.test, drained: false, webroot: null, agentPort: null }
self: web1
vips: [192.168.69.10, 'fd69::10']
webroot: /srv/common
stateDir: /srv/state
transport: rsync
gate: { timeout: 0.5e2, require: vip, onFailure: abort, httpPort: 8080, httpsPort: 8443, proxyProtocol: true }
agent: { port: 9999, adminListen: '[::1]:9998', lookup: thumbprint, keyFile: /srv/key, tokenTtl: 60 }
rsync: { user: backup, identityFile: /srv/id, port: 2222, sshConfig: /srv/ssh_config }
syncthing: { url: 'https://[::1]:9999/st', folder: acme, apiKeyFile: /srv/st }
unison: { user: backup, identityFile: /srv/id, port: 2222, sshConfig: /srv/ssh_config }
certificates:
  mode: per-node
  issuer: web1
  configDir: /srv/le
  lineages:
    mail.example.com:
      served: [{ port: 993 }, { port: 25, starttls: smtp }]
      test: [[postfix, check]]
      reload: [[systemctl, reload, postfix], [systemctl, reload, dovecot]]
      runsOn: all
    idle.example.com: { served: [] }
webServer: { kind: apache, test: [apachectl, configtest], reload: [apachectl, graceful], runsOn: holder }
notify:
  - webhook: https://hooks.example.com/x?y=z
  - slack: { file: /etc/certbot-ha/slack.url }
  - ntfy: 'http://:token@[fd69::9]:8080/topic'
  - healthchecks: https://hc-ping.com/uuid
  - uptimeKuma: https://kuma.example.com/api/push/token
  - mail: ops@example.com
  - mail: root
  - command: [/usr/local/bin/tell, ops]
`,
  );
  const common = {
    isDrained: false,
    webroot: '/srv/common',
    agentPort: 9999,
    httpPort: 8080,
    httpsPort: 8443,
    isBehindProxy: true,
  };
  expect(config).toEqual({
    file: join(directory, 'config.yaml'),
    nodes: [
      { ...common, name: 'web1', address: '192.168.69.11' },
      {
        name: 'web2',
        address: 'fd69::12',
        isDrained: true,
        webroot: '/srv/acme',
        agentPort: 1001,
        httpPort: 1002,
        httpsPort: 1003,
        isBehindProxy: true,
        adminListen: '192.168.69.12:9481',
      },
      { ...common, name: 'web3.example.test', address: 'web3.example.test' },
    ],
    self: 'web1',
    vips: ['192.168.69.10', 'fd69::10'],
    stateDir: '/srv/state',
    transport: { challenges: 'rsync', lineages: 'rsync' },
    gate: {
      timeoutMs: 50_000,
      require: 'vip',
      onFailure: 'abort',
      httpPort: 8080,
      httpsPort: 8443,
      proxyProtocol: true,
    },
    agent: {
      ...{ port: 9999, adminListen: '[::1]:9998', lookup: 'thumbprint' },
      ...{ keyFile: '/srv/key', tokenTtlMs: 60_000 },
    },
    rsync: { user: 'backup', identityFile: '/srv/id', port: 2222, sshConfig: '/srv/ssh_config' },
    syncthing: { url: 'https://[::1]:9999/st', folder: 'acme', apiKeyFile: '/srv/st' },
    unison: { user: 'backup', identityFile: '/srv/id', port: 2222, sshConfig: '/srv/ssh_config' },
    certificates: {
      ...{ mode: 'per-node', issuer: 'web1', configDir: '/srv/le' },
      lineages: {
        'mail.example.com': {
          served: [
            { port: 993, starttls: null },
            { port: 25, starttls: 'smtp' },
          ],
          test: [['postfix', 'check']],
          reload: [
            ['systemctl', 'reload', 'postfix'],
            ['systemctl', 'reload', 'dovecot'],
          ],
          runsOn: 'all',
        },
        'idle.example.com': { served: [], test: null, reload: null, runsOn: null },
      },
    },
    webServer: {
      ...{ kind: 'apache', test: ['apachectl', 'configtest'], reload: ['apachectl', 'graceful'] },
      runsOn: 'holder',
    },
    notify: [
      { kind: 'webhook', url: 'https://hooks.example.com/x?y=z' },
      { kind: 'slack', url: { file: '/etc/certbot-ha/slack.url' } },
      { kind: 'ntfy', url: 'http://:token@[fd69::9]:8080/topic' },
      { kind: 'healthchecks', url: 'https://hc-ping.com/uuid' },
      { kind: 'uptimeKuma', url: 'https://kuma.example.com/api/push/token' },
      { kind: 'mail', address: 'ops@example.com' },
      { kind: 'mail', address: 'root' },
      { kind: 'command', argv: ['/usr/local/bin/tell', 'ops'] },
    ],
    dns: null,
  });
});

test.for(['webServer: { runsOn: holder }', 'certificates: { lineages: { mail: { runsOn: holder } } }'])(
  'there is no holder without a VIP: %s',
  async (line, { directory }) => {
    const key = line.startsWith('webServer') ? 'webServer.runsOn' : 'certificates.lineages.mail.runsOn';
    expect(await problemsOf(directory, `nodes: { web1: 192.0.2.1 }\n${line}`)).toEqual([
      `${key}: expected all where vips is empty, got "holder" [invalid-value]`,
    ]);
  },
);

describe('tells what is wrong with', () => {
  const PORT = 'expected a port number from 1 to 65535';
  const ADDRESS = 'expected an IPv4 address, an IPv6 address or a host name';
  const LISTEN = 'expected an IP address and a port, such as 127.0.0.1:9481, or off';
  const NODES = 'nodes: expected a mapping of node names to addresses';
  const LIST = 'expected a list of receivers, such as [mail: root]';
  const KIND =
    'expected a mapping with one key, which is one of webhook, slack, ntfy, healthchecks, uptimeKuma, mail, command';
  const GIVEN_URL = 'expected an http or https URL, or {file: PATH} with a file that holds one';
  test.for([
    ['an unknown key', 'transprot: http', 'transprot: unknown key (did you mean transport?) [unknown-key]'],
    [
      'an unknown key in a section',
      'gate: { tiemout: 5 }',
      'gate.tiemout: unknown key (did you mean timeout?) [unknown-key]',
    ],
    [
      'an unknown key of the agent',
      'agent: { lokup: off }',
      'agent.lokup: unknown key (did you mean lookup?) [unknown-key]',
    ],
    [
      'a time with a unit',
      'gate: { timeout: 60s }',
      'gate.timeout: expected a number of seconds from 1 to 3600, got "60s" [invalid-value]',
    ],
    [
      'no time',
      'gate: { timeout: 0 }',
      'gate.timeout: expected a number of seconds from 1 to 3600, got 0 [invalid-value]',
    ],
    [
      'too long a time',
      'gate: { timeout: 3601 }',
      'gate.timeout: expected a number of seconds from 1 to 3600, got 3601 [invalid-value]',
    ],
    [
      'an unknown policy',
      'gate: { require: most }',
      'gate.require: expected one of all, available, vip, got "most" [invalid-value]',
    ],
    [
      'an unknown onFailure',
      'gate: { onFailure: stop }',
      'gate.onFailure: expected continue or abort, got "stop" [invalid-value]',
    ],
    ['port 0', 'gate: { httpPort: 0 }', `gate.httpPort: ${PORT}, got 0 [invalid-value]`],
    ['port 65536', 'agent: { port: 65536 }', `agent.port: ${PORT}, got 65536 [invalid-value]`],
    ['half a port', 'rsync: { port: 22.5 }', `rsync.port: ${PORT}, got 22.5 [invalid-value]`],
    ['a port in quotes', 'gate: { httpsPort: "443" }', `gate.httpsPort: ${PORT}, got "443" [invalid-value]`],
    [
      'an unknown transport',
      'transport: scp',
      'transport: expected one of http, rsync, shared, syncthing, unison, got "scp" [invalid-value]',
    ],
    [
      'an unknown transport for lineages',
      'transport: { challenges: shared, lineages: scp }',
      'transport.lineages: expected one of http, rsync, shared (syncthing and unison carry no private keys), got "scp" [invalid-value]',
    ],
    [
      'a transport for lineages that carries no keys',
      'transport: { challenges: syncthing, lineages: syncthing }',
      'transport.lineages: expected one of http, rsync, shared (syncthing and unison carry no private keys), got "syncthing" [invalid-value]',
    ],
    [
      'an API that the key would travel to in the clear',
      'syncthing: { url: "http://192.0.2.1:8384" }',
      'syncthing.url: expected the URL of its REST API: http:// on this host, such as http://127.0.0.1:8384, or https://, got "http://…" [invalid-value]',
    ],
    [
      'a transport for something else',
      'transport: { challenges: shared, keys: http }',
      'transport.keys: unknown key [unknown-key]',
    ],
    [
      'a list of transports',
      'transport: [http, shared]',
      'transport: expected one of http, rsync, shared, syncthing, unison, got ["http","shared"] [invalid-value]',
    ],
    [
      'a relative path',
      'webroot: srv/www',
      'webroot: expected an absolute path, got "srv/www" [invalid-value]',
    ],
    [
      'a path that Unison cannot take',
      'stateDir: /srv/our state\ntransport: unison',
      'stateDir: expected a path without a space, for the transport unison, got "/srv/our state" [invalid-value]',
    ],
    ['an empty path', 'stateDir: ""', 'stateDir: expected an absolute path, got "" [invalid-value]'],
    [
      'an admin port that is none',
      'agent: { adminListen: "127.0.0.1:99999" }',
      `agent.adminListen: ${LISTEN}, got "127.0.0.1:99999" [invalid-value]`,
    ],
    [
      'an admin address that is none',
      'agent: { adminListen: "127.0.0.999:80" }',
      `agent.adminListen: ${LISTEN}, got "127.0.0.999:80" [invalid-value]`,
    ],
    [
      'an admin address without a port',
      'agent: { adminListen: 127.0.0.1 }',
      `agent.adminListen: ${LISTEN}, got "127.0.0.1" [invalid-value]`,
    ],
    [
      'an admin address without brackets',
      'agent: { adminListen: "::1:9481" }',
      `agent.adminListen: ${LISTEN}, got "::1:9481" [invalid-value]`,
    ],
    [
      'an admin listener that is switched off by another word',
      'agent: { adminListen: false }',
      `agent.adminListen: ${LISTEN}, got false [invalid-value]`,
    ],
    [
      'an unknown way to look challenges up',
      'agent: { lookup: all }',
      'agent.lookup: expected one of peers, thumbprint, off, got "all" [invalid-value]',
    ],
    [
      'a user that is an option',
      'rsync: { user: -oProxyCommand=x }',
      'rsync.user: expected a user name, got "-oProxyCommand=x" [invalid-value]',
    ],
    [
      'an unknown mode',
      'certificates: { mode: each }',
      'certificates.mode: expected shared or per-node, got "each" [invalid-value]',
    ],
    [
      'an issuer that is no node',
      'certificates: { issuer: web9 }',
      'certificates.issuer: expected vip, any or one of web1, web2, got "web9" [invalid-value]',
    ],
    [
      'an unknown web server',
      'webServer: { kind: iis }',
      'webServer.kind: expected one of nginx, apache, caddy, haproxy, none, got "iis" [invalid-value]',
    ],
    [
      'a command line in one string',
      'webServer: { test: nginx -t }',
      'webServer.test: expected a list of arguments, such as [nginx, -t], got "nginx -t" [invalid-value]',
    ],
    [
      'an empty command',
      'webServer: { reload: [] }',
      'webServer.reload: expected a list of arguments, such as [nginx, -t], got [] [invalid-value]',
    ],
    [
      'a command in the place of a list of them',
      'certificates: { lineages: { mail: { reload: [systemctl, reload, postfix] } } }',
      'certificates.lineages.mail.reload: expected a list of commands, each a list of arguments, such as [[systemctl, reload, postfix]], got ["systemctl","reload","postfix"] [invalid-value]',
    ],
    [
      'a port in the place of a list of them',
      'certificates: { lineages: { mail.example.com: { served: 993 } } }',
      'certificates.lineages.mail.example.com.served: expected a list of ports, such as [{port: 993}], got 993 [invalid-value]',
    ],
    [
      'a protocol that does not turn to TLS',
      'certificates: { lineages: { mail: { served: [{ port: 3306, starttls: mysql }] } } }',
      'certificates.lineages.mail.served.0.starttls: expected one of smtp, lmtp, imap, pop3, sieve, ftp, ldap, postgres, got "mysql" [invalid-value]',
    ],
    [
      'a port of a lineage twice',
      'certificates: { lineages: { mail: { served: [{ port: 25 }, { port: 25, starttls: smtp }] } } }',
      'certificates.lineages.mail.served.1.port: expected a port that is not in the list already, got 25 [invalid-value]',
    ],
    [
      'an unknown key of a lineage',
      'certificates: { lineages: { mail: { serves: [] } } }',
      'certificates.lineages.mail.serves: unknown key (did you mean served?) [unknown-key]',
    ],
    [
      'a wildcard for a lineage',
      "certificates: { lineages: { '*.example.com': { served: [] } } }",
      'certificates.lineages.*.example.com: expected a lineage name as certbot certificates lists it, got "*.example.com" [invalid-value]',
    ],
    [
      'where a web server may run',
      'webServer: { runsOn: vip }',
      'webServer.runsOn: expected all or holder, got "vip" [invalid-value]',
    ],
    ['a section that is a list', 'gate: [60]', 'gate: expected a mapping of keys, got [60] [invalid-value]'],
    ['a self that is no node', 'self: web9', 'self: expected one of web1, web2, got "web9" [invalid-value]'],
    ['a self that is a number', 'self: 1', 'self: expected a node name, got 1 [invalid-value]'],
    [
      'a receiver without a list',
      'notify: { mail: root }',
      `notify: ${LIST}, got a mapping of mail [invalid-value]`,
    ],
    [
      'a receiver that is a text',
      'notify: [https://a.test/SECRET]',
      `notify.0: ${KIND}, got a text [invalid-value]`,
    ],
    [
      'a receiver whose URL is its key',
      'notify: [{ https://a.test/SECRET: }]',
      `notify.0: ${KIND}, got a mapping of … [invalid-value]`,
    ],
    [
      'a receiver of a kind that there is not',
      'notify: [{ teams: https://a.test/SECRET }]',
      `notify.0: ${KIND}, got a mapping of teams [invalid-value]`,
    ],
    [
      'two receivers in one entry',
      'notify: [{ mail: root, ntfy: https://a.test/SECRET }]',
      `notify.0: ${KIND}, got a mapping of mail and ntfy [invalid-value]`,
    ],
    [
      'a URL without its scheme',
      'notify: [mail: root, slack: a.test/SECRET]',
      `notify.1.slack: ${GIVEN_URL}, got a text [invalid-value]`,
    ],
    ['no URL', 'notify: [{ ntfy: }]', `notify.0.ntfy: ${GIVEN_URL}, got nothing [invalid-value]`],
    [
      'a file that is a relative path',
      'notify: [{ ntfy: { file: SECRET } }]',
      `notify.0.ntfy: ${GIVEN_URL}, got a mapping of file [invalid-value]`,
    ],
    [
      'a list of mail addresses',
      "notify: [{ mail: 'a@a.test, b@a.test' }]",
      'notify.0.mail: expected one mail address, such as root or ops@example.com, got a text [invalid-value]',
    ],
    [
      'a mail address with a header in it',
      'notify: [{ mail: "a@a.test\\nBcc: b@a.test" }]',
      'notify.0.mail: expected one mail address, such as root or ops@example.com, got a text [invalid-value]',
    ],
    [
      'a command line for a receiver',
      'notify: [{ command: tell SECRET }]',
      'notify.0.command: expected a list of arguments, such as [/usr/local/bin/tell], got a text [invalid-value]',
    ],
    [
      'a URL in a wrong place',
      'webroot: https://user:SECRET@a.test/SECRET',
      'webroot: expected an absolute path, got "https://…" [invalid-value]',
    ],
  ] as const)('%s', async ([, line, problem], { directory }) => {
    expect(await problemsOf(directory, LEAST + line)).toEqual([problem]);
  });

  test.for([
    ['no nodes', 'vips: []', 'nodes: missing: expected a mapping of node names to addresses [missing-key]'],
    [
      'a file with nothing but a comment',
      '# later\n---\n',
      'the file: expected a mapping of keys, got nothing [invalid-value]',
    ],
    ['a file that is a list', '- web1', 'the file: expected a mapping of keys, got ["web1"] [invalid-value]'],
    ['nodes without a name', 'nodes: [192.168.69.11]', `${NODES}, got ["192.168.69.11"] [invalid-value]`],
    ['nodes without one', 'nodes: {}', 'nodes: expected at least one node, got {} [invalid-value]'],
    [
      'an address that is none',
      'nodes: { web1: 192.168.69.300 }',
      `nodes.web1: ${ADDRESS}, got "192.168.69.300" [invalid-value]`,
    ],
    [
      'an address in brackets',
      'nodes: { web1: "[fd69::1]" }',
      `nodes.web1: ${ADDRESS}, got "[fd69::1]" [invalid-value]`,
    ],
    [
      'an address with a port',
      'nodes: { web1: "web1:80" }',
      `nodes.web1: ${ADDRESS}, got "web1:80" [invalid-value]`,
    ],
    [
      'an address that is an option',
      'nodes: { web1: -oProxyCommand }',
      `nodes.web1: ${ADDRESS}, got "-oProxyCommand" [invalid-value]`,
    ],
    [
      'a node that is a number',
      'nodes: { web1: 11 }',
      'nodes.web1: expected an address, or a mapping with an address, got 11 [invalid-value]',
    ],
    [
      'a node without an address',
      'nodes: { web1: { drained: true } }',
      'nodes.web1.address: missing [missing-key]',
    ],
    [
      'an unknown key of a node',
      'nodes: { web1: { address: 10.0.0.1, prot: 1 } }',
      'nodes.web1.prot: unknown key [unknown-key]',
    ],
    [
      'drained in words',
      'nodes: { web1: { address: 10.0.0.1, drained: "no" } }',
      'nodes.web1.drained: expected true or false, got "no" [invalid-value]',
    ],
    [
      'a node name with a slash',
      'nodes: { "a/b": 10.0.0.1 }',
      'nodes.a/b: expected a node name of letters, digits, dots, dashes and underscores, got "a/b" [invalid-value]',
    ],
    [
      'a VIP that is a name',
      'nodes: { a: 10.0.0.1 }\nvips: [vip.test]',
      'vips.0: expected an IPv4 or IPv6 address, got "vip.test" [invalid-value]',
    ],
    [
      'one VIP without a list',
      'nodes: { a: 10.0.0.1 }\nvips: 10.0.0.9',
      'vips: expected a list of addresses, got "10.0.0.9" [invalid-value]',
    ],
    [
      'the policy vip without a VIP',
      'nodes: { a: 10.0.0.1 }\ngate: { require: vip }',
      'gate.require: expected all or available where vips is empty, got "vip" [invalid-value]',
    ],
    [
      'two nodes with one address',
      'nodes: { a: 10.0.0.1, b: 10.0.0.1 }',
      'nodes.b: expected an address of its own, got "10.0.0.1", as nodes.a has [address-twice]',
    ],
    [
      'two spellings of one IPv6 address, the longer one first',
      'nodes: { a: "FD69:0:0::0001", b: "fd69::1" }',
      'nodes.b: expected an address of its own, got "fd69::1", as nodes.a has [address-twice]',
    ],
    [
      'two spellings of one IPv6 address',
      'nodes: { a: "fd69::1", b: "FD69:0:0::0001" }',
      'nodes.b: expected an address of its own, got "FD69:0:0::0001", as nodes.a has [address-twice]',
    ],
    [
      'two spellings of one name',
      'nodes: { a: web.test, b: Web.Test. }',
      'nodes.b: expected an address of its own, got "Web.Test.", as nodes.a has [address-twice]',
    ],
    [
      'a node that is a VIP',
      'nodes: { a: 10.0.0.1 }\nvips: [10.0.0.1]',
      'vips.0: expected an address of its own, got "10.0.0.1", as nodes.a has [address-twice]',
    ],
    [
      'a VIP that stands twice',
      'nodes: { a: 10.0.0.1 }\nvips: ["fd69::9", "fd69:0::9"]',
      'vips.1: expected an address of its own, got "fd69:0::9", as vips.0 has [address-twice]',
    ],
  ] as const)('%s', async ([, text, problem], { directory }) => {
    expect(await problemsOf(directory, text)).toEqual([problem]);
  });
});

test.for(NO_FILES)('waits for no %s in its place', async (kind, { directory }) => {
  const file = join(directory, 'config.yaml');
  await putNoFile(kind, file);
  const code = kind === 'huge' ? 'EFBIG' : 'ENXIO';
  const message = `configuration ${file}: cannot be read (${code}) [configuration-unreadable]`;
  expect(() => loadConfig(file)).toThrow(expect.objectContaining({ kind: 'config', message }) as Error);
});

test('tells every problem of a file at once', async ({ directory }) => {
  const problems = await problemsOf(
    directory,
    `
nodes: { a: 10.0.0.1, b: 10.0.0.1 }
self: c
gate: { timeout: 60s, httpPort: 0 }
colour: red
certificates: { issuer: d }
`,
  );
  expect(problems.toSorted()).toEqual([
    'certificates.issuer: expected vip, any or one of a, b, got "d" [invalid-value]',
    'colour: unknown key [unknown-key]',
    'gate.httpPort: expected a port number from 1 to 65535, got 0 [invalid-value]',
    'gate.timeout: expected a number of seconds from 1 to 3600, got "60s" [invalid-value]',
    'nodes.b: expected an address of its own, got "10.0.0.1", as nodes.a has [address-twice]',
    'self: expected one of a, b, got "c" [invalid-value]',
  ]);
});

test('names the line of a file that is not YAML', async ({ directory }) => {
  const file = join(directory, 'config.yaml');
  expect(await problemsOf(directory, 'nodes:\n  a: [1\n')).toEqual([
    expect.stringMatching(new RegExp(`^configuration ${file}, line \\d+, column \\d+: not YAML: `)),
  ]);
});

test('refuses a key that stands twice', async ({ directory }) => {
  const [problem] = await problemsOf(directory, 'nodes: { a: 10.0.0.1 }\nnodes: { b: 10.0.0.2 }\n');
  expect(problem).toMatch(/not YAML: duplicated mapping key/);
});

test('names a file that is not there and how to name another', async ({ directory }) => {
  const file = join(directory, 'config.yaml');
  expect(() => loadConfig(file)).toThrow(
    expect.objectContaining({
      kind: 'config',
      message: `configuration ${file}: no such file [configuration-missing]`,
      hint: 'certbot-ha init makes it, or on another node certbot-ha init --join; --config FILE or CERTBOT_HA_CONFIG names another one',
    }),
  );
});

test('names a file that cannot be read', async ({ directory }) => {
  expect(() => loadConfig(directory)).toThrow(`configuration ${directory}: cannot be read (EISDIR)`);
});
