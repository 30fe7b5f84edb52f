import { shellWord } from '../findings/area.ts';
import { CERTBOT_SERVICES } from '../certbot/units-shown.ts';
import { commandFor } from '../cluster/command-for.ts';
import { DEFAULT_CONFIG_FILE, type Config } from '../cluster/config.ts';
import { webServerSteps, type WebServerSteps } from './web-server-steps.ts';
import { letAgentWrite, lineAway, whatFills } from './file-steps.ts';
import type { Attempt } from '../findings/network.ts';
import type { Finding, FindingCode, FindingOf } from '../findings/register.ts';

interface Given extends WebServerSteps {
  /** `certbot-ha`, with the configuration where it is another one */
  readonly ha: string;
  readonly keyFile: string;
  readonly configDir: string;
  readonly transport: Config['transport'] | undefined;
}

/** All of it can be pasted: what is not typed, but done, stands behind a #. */
type Step<Found> = (found: Found, given: Given) => string | null;
type Steps = { readonly [Code in FindingCode]?: Step<FindingOf<Code>> };

/** Of whose cluster the steps are. */
export type StepsOf = Pick<Config, 'file' | 'webServer' | 'agent' | 'transport' | 'certificates'>;

/** Changes nothing where no firewall drops what comes for the agent. */
export const openPort = ({ file }: Pick<Config, 'file'>) => `${commandFor(file)} snippet firewall --write`;
const restartAgent = () => 'systemctl restart certbot-ha-agent';
const install = (_: unknown, { ha }: Given) => `${ha} install`;
const sync = (_: unknown, { ha }: Given) => `${ha} sync`;
const finish = (_: unknown, { ha }: Given) => `${ha} install-lineage`;
/** On any other node than the one that renews it does nothing. */
const renew = ({ lineage }: { readonly lineage: string }, { ha }: Given) =>
  `${ha} is-issuer && certbot renew --cert-name ${shellWord(lineage)}`;
/** Each start of certbot's would ask the CA again. */
const lookOrRestart = ({ unit }: { readonly unit: string }) => {
  const journal = `journalctl -u ${unit} -n 50`;
  return OF_CERTBOT.has(unit) ? journal : `systemctl restart ${unit} || ${journal}`;
};
const OF_CERTBOT: ReadonlySet<string> = new Set(CERTBOT_SERVICES);
const compareKeys = (_: unknown, { keyFile }: Given) =>
  `sha256sum ${shellWord(keyFile)}  # it has to print the same on every node`;
const readLocation = (_: unknown, { location }: Given) => location;
const lookAtPort = ({ port }: Pick<Attempt, 'port'>) =>
  `ss -ltn | grep ':${port}'; nft list ruleset | grep ${port}`;

/** What to type next, of the findings that a typed command brings further. The others have their pages. */
const STEPS: Steps = {
  'connection-refused': ({ who }, { status }) => {
    if (who === 'agent') return 'systemctl enable --now certbot-ha-agent';
    if (who === 'ssh') return 'systemctl enable --now ssh';
    return who === 'node' || who === 'vip' ? status : 'ss -ltnp';
  },
  'connection-timed-out': lookAtPort,
  'agent-port-filtered': (_, { ha }) => `${ha} snippet firewall --write`,
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
  'unit-failed': lookOrRestart,
  'cli-ini-overrides': lineAway,
  'webroot-missing': ({ directory }, { transport }) => letAgentWrite(directory, transport),
  'webroot-not-writable': ({ directory }, { transport }) => letAgentWrite(directory, transport),
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
  'older-installed': sync,
  'older-served': (_, { reload }) => reload,
  'nothing-served': (_, { status }) => status,
  'stated-port-fails': () => 'ss -ltnp',
  'certificate-ends': renew,
  'outstanding-long': sync,
  'renewal-late': renew,
  'vip-without-holder': () => 'systemctl status keepalived',
  'vip-held-twice': () => 'systemctl status keepalived',
  'account-lost': sync,
  'lineage-not-known': () => 'certbot certificates',
  'little-room': ({ directory }) => whatFills(directory),
  'few-inodes': ({ directory }) => whatFills(directory, '--inodes'),
  'challenge-not-recorded': ({ directory }) => `df -h ${shellWord(directory)}; df -i ${shellWord(directory)}`,
  'token-not-written': ({ directory }) => `df -h ${shellWord(directory)}; df -i ${shellWord(directory)}`,
  'file-system-read-only': ({ directory }) =>
    `findmnt -T ${shellWord(directory)}; dmesg | grep -i 'read-only'`,
  'tokens-forgotten': restartAgent,
  'installation-unfinished': finish,
  'delivery-not-installed': finish,
  'private-key-mismatch': ({ file }, { ha }) => `${ha} sync; ls -l ${shellWord(file)}`,
  'leaf-expired': (_, { ha }) => `${ha} is-issuer && certbot renew`,
  'validation-limit-near': ({ name }, { ha }) => `${ha} drill ${shellWord(name)}`,
};

/** Null where the finding's own lines, or its page, have to do. */
export function nextFor(found: Finding, config?: StepsOf): string | null {
  const step = STEPS[found.code] as Step<Finding> | undefined;
  const ha = commandFor(config?.file ?? DEFAULT_CONFIG_FILE);
  const keyFile = config?.agent.keyFile ?? '/etc/certbot-ha/cluster.key';
  return (
    step?.(found, {
      ...webServerSteps(ha, config?.webServer.kind ?? 'nginx', config?.webServer.runsOn),
      ha,
      keyFile,
      configDir: config?.certificates.configDir ?? '/etc/letsencrypt',
      transport: config?.transport,
    }) ?? null
  );
}
