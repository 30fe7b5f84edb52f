import { shellWord } from '../findings/area.ts';
import { commandFor } from '../cluster/command-for.ts';
import { DEFAULT_CONFIG_FILE, type Config } from '../cluster/config.ts';
import { ALL_OWN_UNITS } from '../cluster/own-units.ts';
import { webServerSteps, type WebServerSteps } from './web-server-steps.ts';
import { letAgentWrite, lineAway, whatFills } from './file-steps.ts';
import type { Attempt } from '../findings/network.ts';
import type { Finding, FindingCode, FindingOf } from '../findings/register.ts';
import { byHand, onNode, typed, typedIf, type Step } from '../findings/step.ts';

interface Given extends WebServerSteps {
  /** `certbot-ha`, with the configuration where it is another one */
  readonly ha: string;
  readonly keyFile: string;
  readonly configDir: string;
  readonly transport: Config['transport'] | undefined;
  /** where something does not answer; null: not known */
  readonly address: string | null;
}

/** A command alone is typed at once; null where the finding's own lines, or its page, have to do. */
type StepsFor<Found> = (found: Found, given: Given) => string | readonly Step[] | null;
type Steps = { readonly [Code in FindingCode]?: StepsFor<FindingOf<Code>> };

/** Of whose cluster the steps are. */
export type StepsOf = Pick<Config, 'file' | 'webServer' | 'agent' | 'transport' | 'certificates'>;

/** Changes nothing where no firewall drops what comes for the agent. */
export const openPort = ({ file }: Pick<Config, 'file'>) => `${commandFor(file)} snippet firewall --write`;
export const RESTART = 'systemctl restart certbot-ha-agent';
/** Of one that runs: it loses no connection, and refuses what is wrong. */
export const RELOAD = 'systemctl reload certbot-ha-agent';
const restartAgent = () => RESTART;
const install = (_: unknown, { ha }: Given) => `${ha} install`;
const sync = (_: unknown, { ha }: Given) => `${ha} sync`;
const finish = (_: unknown, { ha }: Given) => `${ha} install-lineage`;
/** On any other node than the one that renews it does nothing. */
const renew = ({ lineage }: { readonly lineage: string }, { ha }: Given) =>
  `${ha} is-issuer && certbot renew --cert-name ${shellWord(lineage)}`;
const OWN: ReadonlySet<string> = new Set(ALL_OWN_UNITS);
/** Each start of what renews, by whatever name, would ask the CA again. */
const lookOrRestart = ({ unit }: { readonly unit: string }) => {
  const journal = `journalctl -u ${shellWord(unit)} -n 50`;
  return OWN.has(unit) ? `systemctl restart ${shellWord(unit)} || ${journal}` : journal;
};
const ofUnit =
  (command: string) =>
  ({ unit }: { readonly unit: string }) =>
    `${command} ${shellWord(unit)}`;
const compareKeys = (_: unknown, { keyFile }: Given) => [
  ...typed(`sha256sum ${shellWord(keyFile)}`),
  ...byHand('compare: it has to print the same on every node'),
];
const readLocation = (_: unknown, { location }: Given) => location;
const lookAtPort = ({ port }: Pick<Attempt, 'port'>) =>
  port === null ? 'ss -ltn; nft list ruleset' : `ss -ltn | grep ':${port}'; nft list ruleset | grep ${port}`;

/** What to type next, of the findings that a typed command brings further. The others have their pages. */
const STEPS: Steps = {
  'connection-refused': ({ who, port }, { status, listens }) => {
    if (who === 'agent') return 'systemctl enable --now certbot-ha-agent';
    if (who === 'ssh') return 'systemctl enable --now ssh || systemctl enable --now sshd';
    if (who !== 'node' && who !== 'vip') return 'ss -ltnp';
    return port === null ? status : listens(port);
  },
  'connection-timed-out': lookAtPort,
  'agent-port-filtered': (_, { ha }) => `${ha} snippet firewall --write`,
  'network-unreachable': () => 'ip route',
  'no-route-to-host': (_, { address }) =>
    address === null ? 'ip route' : `ip route get ${shellWord(address)}`,
  'key-mismatch': compareKeys,
  'key-file-missing': ({ file }) => `install -m 0640 -o root -g certbot-ha cluster.key ${shellWord(file)}`,
  'agent-silent': () => 'systemctl status certbot-ha-agent',
  'configuration-not-loaded': () => RELOAD,
  'version-differs': () => [
    ...typed('certbot-ha --version'),
    ...typedIf('where it is the older one, after the newer one is installed', RESTART),
  ],
  'clock-differs': () => 'timedatectl set-ntp true && timedatectl',
  'unit-missing': install,
  'sockets-differ': install,
  'unit-inactive': ofUnit('systemctl enable --now'),
  'unit-disabled': ofUnit('systemctl enable'),
  'unit-masked': (found) =>
    `${ofUnit('systemctl unmask')(found)} && ${ofUnit('systemctl enable --now')(found)}`,
  'unit-broken': ofUnit('systemd-analyze verify'),
  'unit-failed': lookOrRestart,
  'cli-ini-overrides': lineAway,
  'directory-not-shared': ({ directory }) => [
    ...typed(`findmnt -T ${shellWord(directory)}; cat /etc/fstab`),
    ...byHand(`mount the shared file system on ${directory}`),
  ],
  'file-system-silent': ({ place }) => `findmnt -T ${shellWord(place)}; journalctl -k -n 20`,
  'written-not-seen': ({ directory }) => `findmnt -T ${shellWord(directory)}`,
  'webroot-missing': ({ directory }, { transport }) => letAgentWrite(directory, transport),
  'webroot-not-writable': ({ directory }, { transport }) => letAgentWrite(directory, transport),
  'label-differs': ({ path }) => `restorecon -v ${shellWord(path)}`,
  'location-missing': readLocation,
  'token-not-found': readLocation,
  'token-not-there-yet': readLocation,
  'token-forbidden': readLocation,
  'other-site-answers': readLocation,
  'page-instead-of-token': readLocation,
  'redirected-to-page': readLocation,
  'redirected-to-login': readLocation,
  'aaaa-leads-elsewhere': ({ name, addresses }) => [
    ...typed(`getent ahostsv6 ${shellWord(name)}`),
    ...byHand(`in DNS, remove: ${addresses.map((one) => `${name}. AAAA ${one}`).join(', ')}`),
  ],
  'name-leads-elsewhere': ({ name }, { ha }) => [
    ...typed(`getent ahostsv4 ${shellWord(name)}`),
    ...typedIf('behind NAT, the CA can be asked', `${ha} certonly --dry-run -d ${shellWord(name)}`),
  ],
  'name-without-address': ({ name }) => [
    ...typed(`getent ahosts ${shellWord(name)}`),
    ...byHand(`in DNS, add: ${name}. A, with the address of the VIP, or of each node`),
  ],
  'name-not-looked-up': ({ name }) => `getent ahosts ${shellWord(name)}`,
  'caa-forbids': ({ at, ca }) =>
    byHand(
      ca === null
        ? `in DNS, of ${at}: remove the CAA records, or add one that allows your CA`
        : `in DNS, add: ${at}. CAA 0 issue "${ca}"`,
    ),
  'caa-critical': ({ at, tag }) => byHand(`in DNS, of ${at}: remove the CAA record ${tag}, or its flag 128`),
  'caa-other-account': ({ at, account }) =>
    byHand(`in DNS, in the CAA record of ${at}: accounturi=${account}`),
  'caa-other-method': ({ at, method }) =>
    byHand(`in DNS, in the CAA record of ${at}: add ${method} to validationmethods`),
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

/** What is about this node's way there. */
const HERE: ReadonlySet<FindingCode> = new Set(['network-unreachable', 'no-route-to-host']);

/** None where the finding's own lines, or its page, have to do. @param there the node that it is about */
export function nextFor(
  found: Finding,
  config?: StepsOf,
  there?: Readonly<Record<'name' | 'address', string>>,
): readonly Step[] {
  const stepsFor = STEPS[found.code] as StepsFor<Finding> | undefined;
  const ha = commandFor(config?.file ?? DEFAULT_CONFIG_FILE);
  const steps =
    stepsFor?.(found, {
      ...webServerSteps(ha, config?.webServer.kind ?? 'nginx', config?.webServer.runsOn),
      ha,
      keyFile: config?.agent.keyFile ?? '/etc/certbot-ha/cluster.key',
      configDir: config?.certificates.configDir ?? '/etc/letsencrypt',
      transport: config?.transport,
      address: there?.address ?? null,
    }) ?? [];
  const all = typeof steps === 'string' ? typed(steps) : steps;
  return there === undefined || HERE.has(found.code) ? all : onNode(there.name, all);
}
