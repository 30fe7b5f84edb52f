import { test } from '../support/temporary.ts';
import { certbotHa } from '../support/cluster/command-line.ts';

test.concurrent.for([
  ['no command', [], 'a command is missing [usage]'],
  ['no command but --', ['--', 'status'], 'a command is missing [usage]'],
  ['a misspelt command', ['stauts'], 'unknown command stauts (did you mean status?) [usage]'],
  [
    'a command without its end',
    ['instal-lineag'],
    'unknown command instal-lineag (did you mean install-lineage?) [usage]',
  ],
  ['an unknown command', ['frobnicate'], 'unknown command frobnicate [usage]'],
  ['an empty command', [''], 'unknown command "" [usage]'],
  ['a misspelt option', ['status', '--jsno'], 'unknown option --jsno (did you mean --json?) [usage]'],
  ['one dash too few', ['status', '-json'], 'unknown option -json (did you mean --json?) [usage]'],
  [
    'a misspelt common option',
    ['--cofnig', 'x', 'status'],
    'unknown option --cofnig (did you mean --config?) [usage]',
  ],
  ['an option of a command that systemd starts', ['is-issuer', '--json'], 'unknown option --json [usage]'],
  ['an unknown short option', ['sync', '-x'], 'unknown option -x [usage]'],
  ['an option of another command', ['drill', '--json'], 'unknown option --json [usage]'],
  ['an option of a command before it', ['--json', 'status'], 'unknown option --json [usage]'],
  ["an argument's name as option", ['deploy', '--lineages', 'a'], 'unknown option --lineages [usage]'],
  ['a negated option', ['status', '--no-json'], 'unknown option --no-json [usage]'],
  ['a value for an option that takes none', ['status', '--json=no'], 'option --json takes no value [usage]'],
  [
    'options that exclude each other',
    ['status', '--json', '--watch'],
    'options --watch and --json exclude each other [usage]',
  ],
  [
    'the others that do',
    ['install-lineage', '--watch', '--wait', '1'],
    'options --wait and --watch exclude each other [usage]',
  ],
  ['--config without a value', ['status', '--config'], 'option --config: a value is missing [usage]'],
  [
    '--config before another option',
    ['status', '--config', '--json'],
    'option --config: a value is missing [usage]',
  ],
  ['--days without --check', ['status', '--days', '5'], 'option --days needs --check [usage]'],
  ['-n without a value', ['events', '-n'], 'option -n: a value is missing [usage]'],
  ['--wait without a value', ['install-lineage', '--wait'], 'option --wait: a value is missing [usage]'],
  [
    'a misspelt option of init',
    ['init', '--nod', 'web1=192.0.2.11'],
    'unknown option --nod (did you mean --node?) [usage]',
  ],
  [
    'settings for a node that joins',
    ['init', '--join', '--vip', '192.0.2.10'],
    'options --join and --vip exclude each other [usage]',
  ],
  [
    'a web server that there is no snippet for',
    ['snippet', 'lighttpd'],
    'snippet: expected one of nginx, apache, caddy, haproxy, traefik, firewall, nftables, firewalld, ufw, iptables, selinux, got "lighttpd" [usage]',
  ],
  [
    'a misspelt web server',
    ['snippet', 'ngnix'],
    'snippet: expected one of nginx, apache, caddy, haproxy, traefik, firewall, nftables, firewalld, ufw, iptables, selinux, got "ngnix" (did you mean nginx?) [usage]',
  ],
  ['no lineage to delete', ['delete'], 'delete: expected a lineage, got nothing [usage]'],
  [
    'a snippet by force, and not written',
    ['snippet', 'nginx', '--force'],
    'snippet: --force needs --write [usage]',
  ],
  [
    'a firewall by force',
    ['snippet', 'ufw', '--write', '--force'],
    'snippet: --force is for web servers: with ufw no file of others is replaced [usage]',
  ],
  [
    'SELinux by force',
    ['snippet', 'selinux', '--write', '--force'],
    'snippet: --force is for web servers: with selinux no file of others is replaced [usage]',
  ],
  [
    'a node in two words',
    ['init', '--node', 'web1', '192.0.2.11', '--vip', '192.0.2.10'],
    'init: too many arguments: 192.0.2.11; expected an option for each node and each VIP: --node web1=192.0.2.11 --node web2=192.0.2.12 --vip 192.0.2.10 [usage]',
  ],
  ['arguments too many', ['sync', 'web2', 'web3'], 'sync: too many arguments: web2 web3 [usage]'],
  ['an argument too many behind --', ['agent', '--', '--help'], 'agent: too many arguments: --help [usage]'],
  [
    'a time that is none',
    ['install-lineage', '--wait', '1m'],
    '--wait: expected a number of seconds, at most 3600, got "1m" [usage]',
  ],
  [
    'the last of two times',
    ['install-lineage', '--wait', '1', '--wait', 'x'],
    '--wait: expected a number of seconds, at most 3600, got "x" [usage]',
  ],
  [
    'one name of several',
    ['drill', 'a.test', 'b..test', 'c.test'],
    'drill: expected a DNS name or an IP address, got "b..test" [not-a-name]',
  ],
  [
    'a time that is too long',
    ['install-lineage', '--wait=3601'],
    '--wait: expected a number of seconds, at most 3600, got "3601" [usage]',
  ],
  [
    'a name that is none',
    ['drill', 'a..example.test'],
    'drill: expected a DNS name or an IP address, got "a..example.test" [not-a-name]',
  ],
  [
    'a name behind --',
    ['drill', '--', '--json'],
    'drill: expected a DNS name or an IP address, got "--json" [not-a-name]',
  ],
] as const)('%s exits with 2 and says so, with a next step', async ([, args, words], { expect }) => {
  const { code, stdout, stderr } = await certbotHa(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  const [line, hint, ...more] = stderr.trimEnd().split('\n');
  expect(line).toBe(`certbot-ha: ${words}`);
  expect(hint ?? 'certbot-ha:   certbot-ha --help').toMatch(/^certbot-ha: {3}certbot-ha (?:[a-z-]+ )?--help/);
  expect(more).toEqual([]);
});

test.concurrent.for([
  ['before the command', ['--config', '/nowhere/config.yaml', 'status']],
  ['behind the command', ['status', '--config', '/nowhere/config.yaml']],
  ['with =', ['status', '--config=/nowhere/config.yaml']],
  ['the last of two', ['--config', '/nowhere/other.yaml', 'status', '--config', '/nowhere/config.yaml']],
  ['before a command that systemd starts', ['--config', '/nowhere/config.yaml', 'sync']],
  ['behind a command that systemd starts', ['agent', '--config', '/nowhere/config.yaml']],
  ['with = for one', ['is-issuer', '--config=/nowhere/config.yaml']],
  [
    'before certonly',
    ['--config', '/nowhere/config.yaml', 'certonly', '--config', '/etc/cli.ini', '-d', 'a.test'],
  ],
] as const)('--config %s counts, rather than CERTBOT_HA_CONFIG', async ([, args], { expect }) => {
  const { code, stderr } = await certbotHa(args);
  expect(code).toBe(2);
  expect(stderr).toContain('configuration /nowhere/config.yaml: no such file');
});
