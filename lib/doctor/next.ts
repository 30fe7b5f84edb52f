import { shellWord } from '../findings/area.ts';
import type { Config } from '../cluster/config.ts';
import { webServerSteps, type WebServerSteps } from './web-server-steps.ts';
import { letAgentWrite, lineAway, whatFills } from './file-steps.ts';
import type { Attempt } from '../findings/network.ts';
import type { Finding, FindingCode, FindingOf } from '../findings/register.ts';

interface Given extends WebServerSteps {
  readonly keyFile: string;
}

/** All of it can be pasted: what is not typed, but done, stands behind a #. */
type Step<Found> = (found: Found, given: Given) => string | null;
type Steps = { readonly [Code in FindingCode]?: Step<FindingOf<Code>> };

/** Changes nothing where no firewall drops what comes for the agent. */
export const OPEN_PORT = 'certbot-ha snippet firewall --write';
const restartAgent = () => 'systemctl restart certbot-ha-agent';
const install = () => 'certbot-ha install';
const compareKeys = (_: unknown, { keyFile }: Given) =>
  `sha256sum ${shellWord(keyFile)}  # it has to print the same on every node`;
const readLocation = (_: unknown, { location }: Given) => location;
const openPort = ({ port }: Pick<Attempt, 'port'>) =>
  `ss -ltn | grep ':${port}'; nft list ruleset | grep ${port}`;

/** What to type next, of the findings that a typed command brings further. The others have their pages. */
const STEPS: Steps = {
  'connection-refused': ({ who }, { status }) => {
    if (who === 'agent') return 'systemctl enable --now certbot-ha-agent';
    if (who === 'ssh') return 'systemctl enable --now ssh';
    return who === 'node' || who === 'vip' ? status : 'ss -ltnp';
  },
  'connection-timed-out': openPort,
  'agent-port-filtered': () => OPEN_PORT,
  'network-unreachable': () => 'ip route',
  'key-mismatch': compareKeys,
  'key-file-missing': ({ file }) => `install -m 0640 -o root -g certbot-ha cluster.key ${shellWord(file)}`,
  'agent-silent': () => 'systemctl status certbot-ha-agent',
  'configuration-not-loaded': restartAgent,
  'version-differs': () =>
    'certbot-ha --version  # install the newer one; then: systemctl restart certbot-ha-agent',
  'clock-differs': () => 'timedatectl set-ntp true && timedatectl',
  'unit-missing': install,
  'unit-inactive': ({ unit }) => `systemctl enable --now ${unit}`,
  'unit-disabled': ({ unit }) => `systemctl enable ${unit}`,
  'unit-masked': ({ unit }) => `systemctl unmask ${unit} && systemctl enable --now ${unit}`,
  'unit-broken': ({ unit }) => `systemd-analyze verify ${unit}`,
  'unit-failed': ({ unit }) => `systemctl restart ${unit} || journalctl -u ${unit} -n 50`,
  'cli-ini-overrides': lineAway,
  'webroot-missing': ({ directory }) => letAgentWrite(directory),
  'webroot-not-writable': ({ directory }) => letAgentWrite(directory),
  'label-differs': () => 'certbot-ha snippet selinux --write',
  'location-missing': readLocation,
  'token-not-found': readLocation,
  'token-forbidden': readLocation,
  'other-site-answers': readLocation,
  'page-instead-of-token': readLocation,
  'redirected-to-page': readLocation,
  'redirected-to-login': readLocation,
  'aaaa-leads-elsewhere': ({ name, addresses }) =>
    `getent ahostsv6 ${shellWord(name)}  # in DNS, remove: ${addresses.map((one) => `${name}. AAAA ${one}`).join('; ')}`,
  'name-leads-elsewhere': ({ name }) =>
    `getent ahostsv4 ${shellWord(name)}  # behind NAT: certbot-ha certonly --dry-run asks the CA`,
  'name-without-address': ({ name }) =>
    `getent ahosts ${shellWord(name)}  # in DNS, add: ${name}. A, with the address of the VIP, or of each node`,
  'name-not-looked-up': ({ name }) => `getent ahosts ${shellWord(name)}`,
  'caa-forbids': ({ at, ca }) =>
    ca === null
      ? `# in DNS, of ${at}: remove the CAA records, or add one that allows your CA`
      : `# in DNS, add: ${at}. CAA 0 issue "${ca}"`,
  'caa-critical': ({ at, tag }) => `# in DNS, of ${at}: remove the CAA record ${tag}, or its flag 128`,
  'caa-other-account': ({ at, account }) => `# in DNS, in the CAA record of ${at}: accounturi=${account}`,
  'caa-other-method': ({ at }) => `# in DNS, in the CAA record of ${at}: add http-01 to validationmethods`,
  'caa-not-looked-up': ({ name }) => `dig CAA ${shellWord(name)}`,
  'older-installed': () => 'certbot-ha sync',
  'older-served': (_, { reload }) => reload,
  'nothing-served': (_, { status }) => status,
  'stated-port-fails': () => 'ss -ltnp',
  'certificate-ends': ({ lineage }) =>
    `certbot renew --cert-name ${shellWord(lineage)}  # on the node that renews`,
  'outstanding-long': () => 'certbot-ha sync',
  'renewal-late': ({ lineage }) =>
    `certbot renew --cert-name ${shellWord(lineage)}  # on the node that renews`,
  'vip-without-holder': () => 'systemctl status keepalived',
  'vip-held-twice': () => 'systemctl status keepalived',
  'account-lost': () => 'certbot-ha sync',
  'lineage-not-known': () => 'certbot certificates',
  'little-room': ({ directory }) => whatFills(directory),
  'few-inodes': ({ directory }) => whatFills(directory, '--inodes'),
  'challenge-not-recorded': ({ directory }) => `df -h ${shellWord(directory)}; df -i ${shellWord(directory)}`,
  'token-not-written': ({ directory }) => `df -h ${shellWord(directory)}; df -i ${shellWord(directory)}`,
  'file-system-read-only': ({ directory }) =>
    `findmnt -T ${shellWord(directory)}; dmesg | grep -i 'read-only'`,
  'tokens-forgotten': restartAgent,
  'installation-unfinished': () => 'certbot-ha install-lineage',
  'delivery-not-installed': () => 'certbot-ha install-lineage',
  'private-key-mismatch': ({ file }) => `certbot-ha sync; ls -l ${shellWord(file)}`,
  'leaf-expired': () => 'certbot renew  # on the node that renews',
  'validation-limit-near': ({ name }) => `certbot-ha drill ${shellWord(name)}`,
};

/** Null where the finding's own lines, or its page, have to do. */
export function nextFor(found: Finding, config?: Pick<Config, 'webServer' | 'agent'>): string | null {
  const step = STEPS[found.code] as Step<Finding> | undefined;
  const keyFile = config?.agent.keyFile ?? '/etc/certbot-ha/cluster.key';
  return (
    step?.(found, {
      ...webServerSteps(config?.webServer.kind ?? 'nginx', config?.webServer.runsOn),
      keyFile,
    }) ?? null
  );
}
