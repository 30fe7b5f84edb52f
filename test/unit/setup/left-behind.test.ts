import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { successOf, type Programs } from '../../../lib/setup/admin-programs.ts';
import { leftBehind } from '../../../lib/setup/left-behind.ts';
import { expect, test } from '../../support/temporary.ts';

/** Programs that answer a command; what nothing answers is not installed. */
function programsOf(answers: Readonly<Record<string, string>>): Programs {
  const ask: Programs['ask'] = async (argv) => {
    const stdout = answers[argv.join(' ')];
    const trouble =
      stdout === undefined ? ({ code: 'program-not-installed', program: argv[0] ?? '' } as const) : null;
    return await Promise.resolve({ code: trouble ? null : 0, stdout: stdout ?? '', stderr: '', trouble });
  };
  return { ask, tell: async (argv) => successOf(argv, await ask(argv)) };
}

const rich = 'rule family="ipv4" source address="192.0.2.12" port port="9480" protocol="tcp" accept';
const place = { family: 'inet', table: 'filter', chain: 'input', expr: [] };
const ANSWERS = {
  'nft --json list ruleset': JSON.stringify({
    nftables: [
      { rule: { ...place, handle: 7, comment: 'certbot-ha' } },
      { rule: { ...place, handle: 8, comment: 'mine' } },
    ],
  }),
  'ufw show added': [
    "ufw allow from 192.0.2.12 to any port 9480 proto tcp comment 'certbot-ha'",
    "ufw allow from 10.0.0.0/24 to any port 9480 proto tcp comment 'certbot-ha'",
    'ufw allow 22/tcp',
  ].join('\n'),
  'firewall-cmd --permanent --list-all-zones': `dmz\n  ports: \n  rich rules: \n\t${rich}\n\t${rich.replace('9480', '22')}\n\t${rich.replace('.12', '.0/24')}\n`,
  'iptables -w 5 -S INPUT':
    '-A INPUT -s 192.0.2.12/32 -p tcp -m tcp --dport 9480 -m comment --comment certbot-ha -j ACCEPT\n-A INPUT -j ACCEPT\n',
  'ip6tables -w 5 -S INPUT':
    '-A INPUT -s 2001:db8::/32 -p tcp -m tcp --dport 9480 -m comment --comment certbot-ha -j ACCEPT\n',
  'semodule -l': 'apache\ncertbot_ha\t1.0\n',
};

test('all that the set-up has added is named with what takes it away, and nothing else', async ({
  directory,
}) => {
  const units = join(directory, 'etc/systemd/system');
  const files = {
    [join(units, 'certbot-ha-agent.service.d/webroot.conf')]: '',
    [join(units, 'certbot.service.d/certbot-ha-node.conf')]: '',
    [join(units, 'certbot.service.d/own.conf')]: '',
    [join(units, 'nginx.service.d/certbot-ha-node.conf')]: '',
    [join(directory, 'etc/nftables.d/certbot-ha.nft')]: '# certbot-ha: lets\n',
    [join(directory, 'etc/nftables.conf')]: 'x\ninclude "/etc/nftables.d/certbot-ha*.nft"\n',
  };
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  const lines = await leftBehind({ programs: programsOf(ANSWERS), root: directory, port: 9480 });
  expect(lines.map((line) => line.replaceAll(directory, ''))).toEqual(
    [
      'remove this line from /etc/nftables.conf: include "/etc/nftables.d/certbot-ha*.nft"',
      'rm /etc/nftables.d/certbot-ha.nft',
      String.raw`nft -a list chain inet filter input | sed -n 's|^.* comment "certbot-ha" # handle \([0-9]*\)$|delete rule inet filter input handle \1|p' | nft -f -`,
      'ufw delete allow proto tcp from 192.0.2.12 to any port 9480',
      `firewall-cmd --permanent --zone=dmz '--remove-rich-rule=${rich}'`,
      'iptables -w 5 -D INPUT -s 192.0.2.12/32 -p tcp -m tcp --dport 9480 -m comment --comment certbot-ha -j ACCEPT',
      'semodule -r certbot_ha && restorecon -RF /etc/certbot-ha /var/lib/certbot-ha',
      'rm /etc/systemd/system/certbot-ha-agent.service.d/webroot.conf /etc/systemd/system/certbot.service.d/certbot-ha-node.conf && systemctl daemon-reload',
    ].map((command) => `left, to take it away: ${command}`),
  );
});

test('what one question meets stops none of the others', async () => {
  const programs = programsOf({ ...ANSWERS, 'nft --json list ruleset': '' });
  const root = '/too-long-a-name'.repeat(300);
  const lines = await leftBehind({ programs, root, port: 9480 });
  expect(lines.map((line) => line.split(' ')[5])).toEqual(['ufw', 'firewall-cmd', 'iptables', 'semodule']);
});

test('what cannot be asked is passed over', async ({ directory }) => {
  expect(await leftBehind({ programs: programsOf({}), root: directory, port: 9480 })).toEqual([]);
});
