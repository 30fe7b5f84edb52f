import { shellWord } from '../findings/area.ts';
import type { WebServerKind } from '../webserver/kinds.ts';
import { webServerSteps, type WebServerSteps } from './web-server-steps.ts';
import type { Attempt } from '../findings/network.ts';
import type { Finding, FindingCode, FindingOf } from '../findings/register.ts';

type Step<Found> = (found: Found, server: WebServerSteps) => string | null;
type Steps = { readonly [Code in FindingCode]?: Step<FindingOf<Code>> };

const restartAgent = () => 'systemctl restart certbot-ha-agent';
const install = () => 'certbot-ha install';
const compareKeys = () => 'sha256sum /etc/certbot-ha/cluster.key, which has to print the same on every node';
const readLocation = (_: unknown, { location }: WebServerSteps) => location;
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
  'network-unreachable': () => 'ip route',
  'key-mismatch': compareKeys,
  'key-file-missing': ({ file }) => `install -m 0640 -o root -g certbot-ha cluster.key ${shellWord(file)}`,
  'agent-silent': () => 'systemctl status certbot-ha-agent',
  'configuration-not-loaded': restartAgent,
  'version-differs': () =>
    'certbot-ha --version; install the newer one, then systemctl restart certbot-ha-agent',
  'clock-differs': () => 'timedatectl set-ntp true && timedatectl',
  'unit-missing': install,
  'unit-inactive': ({ unit }) => `systemctl enable --now ${unit}`,
  'unit-disabled': ({ unit }) => `systemctl enable ${unit}`,
  'unit-failed': ({ unit }) => `journalctl -u ${unit} -n 50`,
  'nobody-renews': () => 'systemctl enable --now certbot.timer',
  'condition-missing': install,
  // Of a hook, the finding says where its command goes before the line is removed.
  'cli-ini-overrides': ({ file, key }) =>
    key.endsWith('-hook') ? null : `sed -i.before -E '/^\\s*(--)?${key}\\b/d' ${shellWord(file)}`,
  'webroot-missing': ({ directory }) => `install -d -o certbot-ha -g certbot-ha ${shellWord(directory)}`,
  'webroot-not-writable': ({ directory }) => `chown certbot-ha:certbot-ha ${shellWord(directory)}`,
  'token-not-found': readLocation,
  'token-forbidden': readLocation,
  'other-site-answers': readLocation,
  'page-instead-of-token': readLocation,
  'redirected-to-page': readLocation,
  'redirected-to-login': readLocation,
  'aaaa-leads-elsewhere': ({ name }) =>
    `dig +short AAAA ${shellWord(name)}; remove the record, or make it the cluster's address`,
  'name-leads-elsewhere': ({ name }) =>
    `dig +short A ${shellWord(name)}; behind NAT, certbot-ha certonly --dry-run asks the CA`,
  'name-without-address': ({ name }) => `dig +short A ${shellWord(name)}`,
  'name-not-looked-up': ({ name }) => `getent ahosts ${shellWord(name)}`,
  'caa-forbids': ({ at, ca }) =>
    `dig +short CAA ${shellWord(at)}; add the record: ${at}. CAA 0 issue "${ca}"`,
  'caa-other-account': ({ at }) =>
    `dig +short CAA ${shellWord(at)}; certbot show_account prints the URL of the account`,
  'caa-other-method': ({ at }) => `dig +short CAA ${shellWord(at)}; add http-01 to validationmethods`,
  'caa-not-looked-up': ({ name }) => `dig CAA ${shellWord(name)}`,
  'older-installed': () => 'certbot-ha sync',
  'older-served': (_, { reload }) => reload,
  'nothing-served': (_, { status }) => status,
  'stated-port-fails': () => 'ss -ltnp',
  'certificate-ends': ({ lineage }) =>
    `certbot renew --cert-name ${shellWord(lineage)}, on the node that renews`,
  'outstanding-long': () => 'certbot-ha sync',
  'vip-without-holder': () => 'systemctl status keepalived',
  'vip-held-twice': () => 'systemctl status keepalived',
  'account-lost': () => 'certbot-ha sync',
  'lineage-not-known': () => 'certbot certificates',
  'lineage-not-renewed': ({ lineage }) =>
    `certbot-ha certonly --cert-name ${shellWord(lineage)} -d NAME…; or, where nothing serves it: certbot delete --cert-name ${shellWord(lineage)}`,
  'little-room': ({ directory }) => `df -h ${shellWord(directory)}`,
  'few-inodes': ({ directory }) => `df -i ${shellWord(directory)}`,
  'tokens-forgotten': ({ directory }) => `find ${shellWord(directory)} -type f -mmin +60 -delete`,
  'installation-unfinished': () => 'certbot-ha install-lineage',
  'delivery-not-installed': () => 'certbot-ha install-lineage',
  'private-key-mismatch': ({ file }) => `certbot-ha sync; ls -l ${shellWord(file)}`,
  'leaf-expired': () => 'certbot renew, on the node that renews',
  'validation-limit-near': ({ name }) => `certbot-ha drill ${shellWord(name)}`,
};

/** Null where the finding's own lines, or its page, have to do. */
export function nextFor(found: Finding, kind: WebServerKind = 'nginx'): string | null {
  const step = STEPS[found.code] as Step<Finding> | undefined;
  return step?.(found, webServerSteps(kind)) ?? null;
}
