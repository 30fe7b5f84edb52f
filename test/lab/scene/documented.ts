import { blocksIn, pagesBelow, readPage } from '../../support/markdown.ts';

/** A block of commands in the documentation, by its page and by words that no other block of that page has. */
export interface Documented {
  readonly page: string;
  readonly words: string;
}

/** What e2e/documented types on hosts, in its order. */
export const TYPED = {
  plainPackage: { page: 'docs/install.md', words: './certbot-ha_VERSION_all.deb\n' },
  standalonePackage: { page: 'docs/install.md', words: './certbot-ha-standalone_VERSION_amd64.deb' },
  initWithOptions: { page: 'docs/set-up.md', words: '--node web1=' },
  init: { page: 'docs/set-up.md', words: 'certbot-ha init\n' },
  join: { page: 'docs/set-up.md', words: '--export | ssh' },
  start: { page: 'docs/set-up.md', words: 'snippet nginx --write' },
  firewall: { page: 'docs/set-up.md', words: 'snippet firewall' },
  selinux: { page: 'docs/set-up.md', words: 'snippet selinux' },
  byWebroot: { page: 'docs/move-from-shared.md', words: '--webroot -w' },
  adopt: { page: 'docs/adopt.md', words: 'certbot-ha adopt\n' },
  adoptedBack: { page: 'docs/adopt.md', words: 'before-TIME' },
  renewByHooks: { page: 'docs/move-from-shared.md', words: 'certbot-ha certonly' },
  drill: { page: 'docs/certbot-ha.8.md', words: 'certbot-ha drill' },
  certonly: { page: 'docs/certbot-ha.8.md', words: 'certbot-ha certonly' },
  deployAndStatus: { page: 'docs/certbot-ha.8.md', words: 'certbot-ha deploy' },
  certbotItself: { page: 'docs/certbot-ha.8.md', words: 'certbot certonly' },
  holder: { page: 'docs/certbot-ha.8.md', words: '.holder' },
  doctor: { page: 'docs/certbot-ha.8.md', words: 'certbot-ha doctor' },
  outstanding: { page: 'docs/certbot-ha.8.md', words: '.outstanding' },
  completion: { page: 'docs/certbot-ha.8.md', words: 'certbot-ha completion' },
  journal: { page: 'docs/certbot-ha.8.md', words: 'journalctl' },
  authHook: { page: 'docs/certbot-ha-auth.8.md', words: 'certbot certonly' },
  deploy: { page: 'docs/certbot-ha-deploy.8.md', words: 'certbot-ha deploy' },
  checkmk: { page: 'docs/operations.md', words: 'certbot-ha check' },
  urlFile: { page: 'docs/notify.md', words: 'ntfy.url' },
  notifyTest: { page: 'docs/notify.md', words: 'notify --test' },
  notifyTimer: { page: 'docs/notify.md', words: 'certbot-ha-notify.timer' },
  notifyInManual: { page: 'docs/certbot-ha.8.md', words: 'notify --test' },
  keyForCaddy: { page: 'docs/web-servers/caddy.md', words: 'chgrp caddy' },
  rsyncKeys: { page: 'docs/transports/rsync.md', words: 'ssh-keygen' },
  rsyncAccount: { page: 'docs/transports/rsync.md', words: 'authorized_keys' },
  copied: { page: 'docs/install.md', words: 'tar -xzf' },
  copiedAway: { page: 'docs/install.md', words: 'certbot-ha uninstall' },
} as const satisfies Readonly<Record<string, Documented>>;

/** What something else types, or nobody. */
export const ELSEWHERE: readonly (Documented & { readonly by: string })[] = [
  { page: 'docs/install.md', words: 'install -m 0644 config.yaml', by: 'e2e/packages' },
  { page: 'docs/install.md', words: 'cat >config.yaml', by: 'e2e/readme, as docs/by-hand.md has it too' },
  { page: 'docs/install.md', words: 'ansible-playbook', by: 'e2e/playbook' },
  {
    page: 'docs/install.md',
    words: 'npm install --global',
    by: 'integration/packages, in a prefix of its own',
  },
  { page: 'docs/status-page.md', words: 'ssh -L 9481', by: 'integration/page-agent, without a tunnel' },
  { page: 'docs/other-clients.md', words: 'certbot certonly', by: 'e2e/other-clients' },
  { page: 'docs/other-clients.md', words: 'lego --', by: 'e2e/other-clients' },
  { page: 'docs/other-clients.md', words: 'dehydrated --', by: 'e2e/other-clients' },
  { page: 'docs/other-clients.md', words: 'journalctl', by: 'e2e/other-clients' },
  { page: 'docs/dns-01.md', words: 'apt-get install bind9-dnsutils', by: 'scripts/packages.sh' },
  { page: 'docs/dns-01.md', words: 'certbot-ha drill --dns', by: 'e2e/dns-01' },
  { page: 'docs/dns-01.md', words: 'tsig-keygen', by: 'integration/dns-publishers' },
  {
    page: 'docs/dns-01.md',
    words: 'editor /etc/certbot-ha/dns.key',
    by: 'integration/dns-publishers, which writes it',
  },
  {
    page: 'docs/dns-01.md',
    words: 'editor /etc/certbot-ha/gandi.token',
    by: 'integration/dns-publishers, which writes it',
  },
  { page: 'docs/dns-01.md', words: 'CERTBOT_HA_DNS_ACTION=present', by: 'integration/dns-wrappers' },
  { page: 'docs/transports/syncthing.md', words: 'apt-get install', by: 'scripts/packages.sh' },
  { page: 'docs/transports/syncthing.md', words: 'useradd', by: 'e2e/transports-synced' },
  { page: 'docs/transports/syncthing.md', words: 'apikey get', by: 'e2e/transports-synced' },
  { page: 'docs/transports/syncthing.md', words: 'config devices add-json', by: 'e2e/transports-synced' },
  { page: 'docs/transports/syncthing.md', words: 'config folders add', by: 'e2e/transports-synced' },
  { page: 'docs/transports/unison.md', words: 'apt-get install', by: 'scripts/packages.sh' },
  { page: 'docs/transports/unison.md', words: 'ssh-keygen', by: 'e2e/transports-synced' },
  { page: 'docs/transports/unison.md', words: 'useradd', by: 'e2e/transports-synced' },
  { page: 'docs/transports/unison.md', words: 'userdel', by: 'e2e/transports-synced' },
  { page: 'docs/install.md', words: 'dnf install', by: 'nobody: Debian has no repositories for dnf' },
  { page: 'docs/sharing/glusterfs.md', words: 'systemctl enable --now glusterd', by: 'bench/sharing' },
  { page: 'docs/sharing/glusterfs.md', words: 'volume create', by: 'bench/sharing' },
  { page: 'docs/sharing/glusterfs.md', words: 'mount -t glusterfs', by: 'bench/sharing' },
  { page: 'docs/sharing/glusterfs.md', words: 'install -d', by: 'bench/sharing' },
  { page: 'docs/sharing/cephfs.md', words: 'ceph fs new', by: 'bench/sharing' },
  { page: 'docs/sharing/cephfs.md', words: 'ceph-fuse', by: 'bench/sharing' },
  { page: 'docs/sharing/cephfs.md', words: 'install -d', by: 'bench/sharing' },
];

/** What e2e/kernel-filesystems and e2e/kernel-drbd type in virtual machines, through `type` of lab/vm/mounted.ts. */
export const TYPED_IN_VMS = {
  nfsServer: { page: 'docs/sharing/nfs.md', words: 'exportfs' },
  nfsMount: { page: 'docs/sharing/nfs.md', words: 'mount -t nfs' },
  smbServer: { page: 'docs/sharing/smb.md', words: 'smbpasswd' },
  smbMount: { page: 'docs/sharing/smb.md', words: 'mount -t cifs' },
  drbdDevice: { page: 'docs/sharing/drbd.md', words: 'create-md' },
  drbdFirst: { page: 'docs/sharing/drbd.md', words: 'mkfs.ext4' },
  drbdNotify: { page: 'docs/sharing/drbd.md', words: '/etc/keepalived/drbd.sh' },
} as const satisfies Readonly<Record<string, Documented>>;

/** e2e/readme follows it, as e2e/bare-hosts follows README.md: all of it, in order. */
const FOLLOWED = 'docs/by-hand.md';

/** The text of a block; throws where the page has none, or several, with these words. */
export async function documentedBlock({ page, words }: Documented): Promise<string> {
  const found = (await typedIn(page)).filter((text) => text.includes(words));
  if (found.length !== 1) throw new Error(`${page}: ${found.length} blocks have "${words}"`);
  return found[0] ?? '';
}

/** The blocks of the documentation that nothing here knows, as `PAGE: FIRST LINE`. */
export async function unknownBlocks(): Promise<readonly string[]> {
  const known = [...Object.values(TYPED), ...Object.values(TYPED_IN_VMS), ...ELSEWHERE];
  const unknown: string[] = [];
  for (const page of await documentedPages()) {
    for (const text of await typedIn(page)) {
      const isKnown = known.some((one) => one.page === page && text.includes(one.words));
      if (!isKnown) unknown.push(`${page}: ${text.split('\n')[0]}`);
    }
  }
  return unknown;
}

async function documentedPages(): Promise<readonly string[]> {
  const pages = await pagesBelow('docs');
  return pages.filter((page) => page !== FOLLOWED && !/\/(?:decisions|transcripts)\//.test(page));
}

async function typedIn(page: string): Promise<readonly string[]> {
  return blocksIn(await readPage(page)).flatMap(({ language, text }) => (language === 'sh' ? [text] : []));
}
