import { FAKED_NODE, setClock } from '../clock.ts';
import { commandIf, expectByHand, sh, type Breakage, type Patient } from './breakage.ts';

const KEY = '/etc/certbot-ha/cluster.key';
const OTHER_KEY = `openssl rand -hex 32 >${KEY} && systemctl restart certbot-ha-agent`;
/** What a host's own NTP service would do, and systemd-timedated takes for one. */
const NTP = `[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'rm -f ${FAKED_NODE} && systemctl restart certbot-ha-agent'
[Install]
WantedBy=multi-user.target
`;

const RULESET = '/etc/nftables.conf';

/** A firewall as Debian has it: a file that nftables.service loads, now and at boot. */
const firewall =
  (verdict: string): Breakage['breaks'] =>
  async ({ nodes: [, web2], undo }) => {
    undo(async () => {
      await web2.run(['systemctl', 'disable', '--now', 'nftables']);
      await web2.run(['sh', '-c', `nft delete table inet filter; rm -rf ${RULESET}* /etc/nftables.d`]);
    });
    const rules = `type filter hook input priority 0; policy accept;\niif != "lo" tcp dport 9480 ${verdict}\n`;
    await web2.writeFile(RULESET, `flush ruleset\ntable inet filter {\nchain input { ${rules}}\n}\n`);
    await sh(web2, 'systemctl enable nftables && systemctl restart nftables');
  };

/** What lies between the nodes, and between them and the CA. */
export const NETWORK: readonly Breakage[] = [
  {
    what: 'the agent of a node is down',
    breaks: async ({ nodes: [, web2] }) => await sh(web2, 'systemctl disable --now certbot-ha-agent'),
    first: /^FAIL {2}agents: web2 .*\[connection-refused\]$/,
  },
  {
    what: 'a node has another key',
    breaks: async ({ nodes: [, web2] }) => await sh(web2, OTHER_KEY),
    first: /^FAIL {2}agents: web2 .*\[key-differs\]$/,
    byHand: async ({ nodes: [web1] }, printed, then) => {
      expectOne(printed, 0);
      await sh(web1, commandIf('where web2 alone has another', then));
    },
  },
  {
    what: 'a node has another key, seen from there',
    breaks: async ({ nodes: [, web2], undo }) => {
      // What a drill has shown to agents that refuse its removal is remembered until it is over.
      undo(async () => await sh(web2, 'rm -f /var/lib/certbot-ha/pending/*'));
      await sh(web2, OTHER_KEY);
    },
    seenFrom: ({ nodes: [, web2] }) => web2,
    first: /^FAIL {2}agents: web1 .*\[key-mismatch\]$/,
    byHand: async ({ nodes: [, web2] }, printed, then) => {
      expectOne(printed, 1);
      await sh(web2, commandIf('where this node alone has another', then));
    },
  },
  {
    what: 'a clock is off',
    needs: 'libfaketime',
    breaks: async ({ nodes: [, web2], undo }) => {
      await setClock(undo, web2, 3);
      await web2.writeFile('/etc/systemd/system/lab-ntp.service', NTP);
      await web2.writeFile('/etc/systemd/ntp-units.d/10-lab.list', 'lab-ntp.service\n');
      await sh(web2, 'systemctl daemon-reload; systemctl try-restart systemd-timedated');
    },
    first: /^FAIL {2}clocks: web2 .* its clock is 180 s ahead of .*\[clock-differs\]$/,
  },
  {
    what: "a firewall drops what comes for a node's agent",
    needs: 'nft',
    breaks: firewall('drop'),
    first: /^FAIL {2}agents: web2 .* agent port 9480: .*firewall.*\[agent-port-filtered\]$/,
  },
  {
    what: "a firewall forbids what comes for a node's agent",
    needs: 'nft',
    breaks: firewall('reject with icmpx admin-prohibited'),
    first: /^FAIL {2}agents: web2 .* agent port 9480: .*firewall.*\[agent-port-filtered\]$/,
  },
  {
    what: "a name's AAAA record leads elsewhere",
    breaks: async (patient) => await dns(patient, 'add-aaaa', { addresses: ['2001:db8::5'] }),
    first: /^FAIL {2}dns: .* 2001:db8::5, .*\[aaaa-leads-elsewhere\]$/,
    byHand: async (patient, _, then) => {
      expectByHand(`in DNS, remove: ${patient.name}. AAAA 2001:db8::5`, then);
      await dns(patient, 'clear-aaaa');
    },
  },
  {
    what: 'CAA forbids the CA to issue',
    breaks: async (patient) => await dns(patient, 'add-caa', { policies: [{ tag: 'issue', value: ';' }] }),
    first: /^FAIL {2}caa: .*\[caa-forbids\]$/,
    byHand: async (patient) => await dns(patient, 'clear-caa'),
  },
];

/** Of the sums that a step has printed, this node's first, two are the same and the other is that of one node. */
function expectOne(printed: string, same: 0 | 1): void {
  const sums = printed.split('\n').flatMap((line) => /^[0-9a-f]{64}/.exec(line)?.[0] ?? []);
  const [own, ...others] = sums;
  const like = others.filter((sum) => sum === own).length;
  if (sums.length !== 3 || like !== 1 - same) throw new Error(printed);
}

/** What a zone says: the DNS of all hosts is the CA's. */
async function dns({ lab: { ca }, name, undo }: Patient, verb: string, rest: object = {}): Promise<void> {
  const tell = async (path: string, body: object) => {
    const url = `http://127.0.0.1:8055/${path}`;
    await ca.check(['curl', '-sS', '--fail', '-d', JSON.stringify({ host: name, ...body }), url]);
  };
  await tell(verb, rest);
  if (verb.startsWith('add-')) undo(async () => await tell(verb.replace('add-', 'clear-'), {}));
}
