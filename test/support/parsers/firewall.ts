import { expect } from 'vitest';
import type { Programs } from '../../../lib/setup/admin-programs.ts';
import { droppersIn } from '../../../lib/setup/firewall/droppers.ts';
import { leftInFirewalld, showFirewalld } from '../../../lib/setup/firewall/firewalld.ts';
import { droppingIn, outdatedIn } from '../../../lib/setup/firewall/iptables.ts';
import { changesFor, markedIn, unionOf } from '../../../lib/setup/firewall/nft-rules.ts';
import { fileOfService } from '../../../lib/setup/firewall/nft-service.ts';
import { readRuleset } from '../../../lib/setup/firewall/ruleset.ts';
import type { Access } from '../../../lib/setup/firewall/sources.ts';
import { outdatedUfw } from '../../../lib/setup/firewall/ufw.ts';
import { isIpAddress } from '../../../lib/net/address.ts';
import { near, nearJson } from './near.ts';
import type { Parser } from './parser.ts';

const ACCESS: Access = {
  port: 9480,
  sources: [{ node: 'web2', configured: 'web2', addresses: ['192.0.2.12', '2001:db8::12'] }],
};
const TABLE = { family: 'inet', table: 'filter' };
const met = (left: object, right: unknown) => ({ match: { op: '==', left, right } });
const PAYLOAD = { payload: { protocol: 'tcp', field: 'dport' } };
const RULESET = {
  nftables: [
    { chain: { ...TABLE, name: 'input', type: 'filter', hook: 'input', policy: 'drop' } },
    {
      rule: {
        ...{ ...TABLE, chain: 'input', handle: 4, comment: 'certbot-ha' },
        expr: [
          met({ payload: { protocol: 'ip', field: 'saddr' } }, { set: ['192.0.2.12'] }),
          met(PAYLOAD, 9480),
          { accept: null },
        ],
      },
    },
    { rule: { ...TABLE, chain: 'input', handle: 5, expr: [{ jump: { target: 'other' } }] } },
    { rule: { ...TABLE, chain: 'other', handle: 6, expr: [{ goto: { target: 'input' } }] } },
    {
      rule: {
        ...{ ...TABLE, chain: 'other', handle: 7 },
        expr: [met({ meta: { key: 'iif' } }, 'lo'), met(PAYLOAD, { range: [1, 9_999] }), { drop: null }],
      },
    },
  ],
};
const IPTABLES = `-P INPUT DROP
-A INPUT -s 192.0.2.13/32 -p tcp -m tcp --dport 9480 -m comment --comment "certbot-ha" -j ACCEPT
-A INPUT -j REJECT --reject-with icmp-port-unreachable\n`;
const UFW = `Added user rules (see 'ufw status' for running firewall):
ufw allow from 192.0.2.13 to any port 9480 proto tcp comment 'certbot-ha'\n`;
const ZONES = `public (default)
  interfaces: eth0
  sources: 192.0.2.0/24 2001:db8::/64 ipset:x
  rich rules:
\trule family="ipv4" source address="192.0.2.13" port port="9480" protocol="tcp" accept\n`;
const SERVICE =
  'ExecStart={ path=/usr/sbin/nft ; argv[]=/usr/sbin/nft -f /etc/nftables.conf ; ignore_errors=no }\nUnitFileState=enabled\n';

const printing = (stdout: string): Programs => ({
  ask: async () => await Promise.resolve({ code: 0, stdout, stderr: '', trouble: null }),
  tell: async () => await Promise.resolve(stdout),
});
/** No rule of anybody's else goes, and no word begins an option or ends a command. */
const expectRules = (commands: readonly (readonly string[])[]) => {
  for (const command of commands) {
    expect(command.filter(isIpAddress).length + command.filter((word) => word.includes('/')).length).toBe(1);
    expect(command.join(' ')).toMatch(/^[\w./: -]+$/);
  }
};

/** What firewalls' own programs print, of which commands are made that root runs. */
export const FIREWALL: readonly Parser[] = [
  {
    what: 'what nft lists',
    input: nearJson([RULESET], ['"jump":', '"inet"', '"set":', 'null', '{"range":']),
    holds: (text) => {
      try {
        const ruleset = readRuleset(text);
        const { own, ofIptables } = droppersIn(ruleset, ACCESS.port);
        for (const { table, chain } of [...own, ...ofIptables, ...markedIn(ruleset)])
          expect([table, chain].join(' ')).toMatch(/^[a-z_][\w./-]* [a-z_][\w./-]*$/i);
        const { commands } = changesFor(ruleset, unionOf(own, markedIn(ruleset)), ACCESS);
        for (const command of commands) expect(command).toMatch(/^(?:insert|delete) rule [^;]*$/);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
    },
  },
  {
    what: 'what iptables, ufw and systemctl print',
    input: near([IPTABLES, UFW, SERVICE], ['-A INPUT ', 'ufw ', ' comment ', '/32', ' ; ', 'ExecStart=']),
    holds: async (text) => {
      const chain = { program: 'iptables', lines: text.split('\n') };
      for (const line of droppingIn(chain)) expect(line).toMatch(/INPUT/);
      expectRules([...outdatedIn([chain], ACCESS), ...outdatedUfw(text, null)]);
      const found = await fileOfService(printing(text));
      if ('value' in found) expect(found.value).toMatch(/^\/\S*$/);
    },
  },
  {
    what: 'what firewall-cmd prints',
    input: near([ZONES], ['sources: ', 'rule family="ipv4" ', '/33', '/-1', '192.0.2', '::', 'ipset:']),
    holds: async (text) => {
      const here = { interfaces: [], own: [] };
      const shown = await showFirewalld(ACCESS, printing(text), here);
      expect(shown.length).toBeGreaterThan(ACCESS.sources.length);
      for (const line of await leftInFirewalld(ACCESS.port, printing(text)))
        expect(line).toMatch(/^firewall-cmd .*remove-rich-rule=/);
    },
  },
];
