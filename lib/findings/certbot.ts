import { list, quoted, shellWord, some, type Area } from './area.ts';

/** certbot: what it tells its hooks, and how it is started. */
export const CERTBOT = {
  'variable-missing': ({ name }: { readonly name: string }) =>
    `${name}: missing from the environment; is certbot running this hook?`,
  'variable-invalid': ({ name, expected, got }: Readonly<Record<'name' | 'expected' | 'got', string>>) =>
    `${name}: expected ${expected}, got ${quoted(got)}`,
  'dns-challenge-asked': ({ file }: { readonly file: string }) =>
    `CERTBOT_TOKEN: missing from the environment, so certbot asks for DNS-01: ${file} has no dns`,
  'lineage-missing': ({ directory }: { readonly directory: string }) =>
    `RENEWED_LINEAGE: no such directory: ${directory}`,
  'certbot-not-installed': () => 'certbot is not installed, or not in PATH',
  'cli-ini-overrides': ({ file, key, value }: Readonly<Record<'file' | 'key' | 'value', string>>) => [
    `${file}: ${key} = ${value}: certbot renew uses this line instead of the lineage's own configuration`,
    ...(key === 'deploy-hook' || key === 'renew-hook'
      ? [
          'certbot-ha-deploy does not run then, and a renewed certificate waits for certbot-ha sync',
          'move the command into a file in /etc/letsencrypt/renewal-hooks/deploy/, which runs besides certbot-ha-deploy',
        ]
      : ['remove the line: lineages of another kind have it in their own renewal/NAME.conf']),
  ],
  'cli-ini-obstacle': ({ file, key, value }: Readonly<Record<'file' | 'key' | 'value', string>>) => [
    `${file}: ${key} = ${value}: certbot takes no other authenticator beside it`,
    'remove the line: lineages of another kind have it in their own renewal/NAME.conf',
  ],
  'account-chosen': ({
    server,
    account,
    accounts,
  }: OfServer & { readonly account: string; readonly accounts: number }) =>
    `${server}: this node has ${accounts} ACME accounts; certbot is told to use ${account} (another one: --account ID)`,
  'account-lost': ({ lineage, account, directory }: Lost) => [
    `${lineage}: ACME account ${account} is not on this node: certbot cannot renew the lineage here`,
    `a node that has it brings it with its next certbot-ha sync; with rsync and shared: copy ${directory} from that node`,
  ],
  'account-asked': ({ node, lineages }: { readonly node: string; readonly lineages: readonly string[] }) =>
    `${node}: asked for the ACME account of ${some(lineages)}`,
  'account-not-asked': ({ server }: OfServer) => [
    `${server}: this node has no ACME account, and without agents it cannot ask its peers for theirs: certbot registers one`,
    'if another node has issued before: press Ctrl-C, and run on that node: certbot-ha sync',
  ],
  'account-not-arrived': ({ seconds, lineages }: NotArrived) => [
    `the cluster may have an ACME account of this CA; lineages that did not arrive within ${seconds} s: ${some(lineages)}`,
    'without it, certbot would register another account',
  ],
  'account-would-change': ({ lineage, account, directory, others }: WouldChange) => [
    `${lineage}: ACME account ${account} is not on this node, and certbot would issue with another one, which every other node refuses`,
    `to keep the account: certbot-ha sync on a node that has it, then this command again; with rsync and shared: copy ${directory} from that node`,
    others.length > 0
      ? `to change to ${others[0]}: certbot-ha certonly --account ${others[0]} …; the other nodes refuse the change, and print what to type there`
      : 'where no node has it: certbot-ha certonly --here … registers another one; the other nodes refuse the change, and print what to type there',
  ],
  'accounts-several': ({ server, account, others, lineages, kept, foreign, directory }: Several) => [
    `${server}: this node has ${others.length + 1} ACME accounts, and certbot certonly -n fails with more than one`,
    `if you do not know account ${list([account, ...others], '')}${lineages.length > 0 ? `, or lineage ${list(lineages, '')}` : ''}: ` +
      'run none of these commands, and read docs/security.md',
    `certbot-ha certonly uses ${account}; besides it: ${others.join(', ')}`,
    ...lineages.map(
      (lineage) =>
        `if this node renews: certbot-ha certonly --cert-name ${shellWord(lineage)} --account ${account} --server ${shellWord(server)} --force-renewal; ` +
        'the other nodes refuse the change, and print what to type there',
    ),
    ...(kept.length > 0
      ? [`${list(kept, '')}: needed by lineages that certbot-ha does not renew: ${list(foreign, '')}`]
      : []),
    ...others
      .filter((other) => !kept.includes(other))
      .map(
        (other) =>
          `when no node prints a file for: grep -l ${other} ${shellWord(directory)}/*.conf; then run here: ` +
          `certbot unregister --account ${other} --server ${shellWord(server)}`,
      ),
  ],
} satisfies Area;

interface OfServer {
  readonly server: string;
}

interface Lost extends OfServer {
  readonly lineage: string;
  readonly account: string;
  /** where certbot looks for it */
  readonly directory: string;
}

interface WouldChange extends Lost {
  /** the accounts of that CA that are here, the first to use first */
  readonly others: readonly string[];
}

interface NotArrived {
  readonly seconds: number;
  readonly lineages: readonly string[];
}

interface Several extends OfServer {
  /** the one to use */
  readonly account: string;
  readonly others: readonly string[];
  /** those that are renewed by the others */
  readonly lineages: readonly string[];
  /** those of the others that lineages of other programs are renewed by too */
  readonly kept: readonly string[];
  /** these lineages */
  readonly foreign: readonly string[];
  /** where certbot keeps the renewal configurations */
  readonly directory: string;
}

const WHY_NOT_WRITTEN: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk is full'],
  ['ENOTCONN', 'what mounts the file system has ended: mount it again (ENOTCONN)'],
  ['ESTALE', 'the file server does not know it any more: umount it, and mount it again (ESTALE)'],
]);

interface Seen {
  /** of the gate */
  readonly seconds: number;
  readonly served: number;
  readonly targets: number;
}

/** The challenges of one certbot run. */
export const CHALLENGES = {
  'challenges-not-seen': ({ seconds, served, targets, require }: Seen & { readonly require: string }) =>
    `the challenges were not seen everywhere within ${seconds} s: ` +
    `${served} of ${targets} targets serve them (gate.require is ${require})`,
  'validation-limit-near': ({ name, times }: { readonly name: string; readonly times: number }) => [
    `${name} has failed ${times} times within the hour`,
    "Let's Encrypt locks a name at 5 failed validations an hour",
    `find the cause with certbot-ha drill ${name}, which does not ask the CA`,
  ],
  interrupted: () => 'interrupted: cleaning up',
  'certbot-has-ended': () => 'certbot has ended meanwhile: cleaning up',
  'certbot-ended-by-hook': ({ pid }: { readonly pid: number }) =>
    `gate.onFailure is abort: ending certbot (process ${pid}) before it asks the CA`,
  'auth-hook-died': () => 'the auth hook was killed before its gate held',
  'no-certbot-to-end': () => 'gate.onFailure is abort, but no certbot runs this hook: nothing to end',
  'tokens-left': ({ node, address }: Readonly<Record<'node' | 'address', string>>) =>
    `tokens may be left on ${node} ${address}, to be removed by the next run`,
  'challenge-not-recorded': ({ directory, error }: Readonly<Record<'directory' | 'error', string>>) =>
    `${directory}: the challenge cannot be recorded: ${error}`,
  'challenges-not-recorded': ({ names }: { readonly names: readonly string[] }) =>
    `not recorded by their auth hooks, and not presented: ${some(names)}`,
  'webroot-missing': ({ directory }: { readonly directory: string }) =>
    `webroot ${directory}: no such directory`,
  'webroot-not-writable': ({ directory, error }: Readonly<Record<'directory' | 'error', string>>) =>
    `webroot ${directory}: not writable (${error})`,
  'token-not-written': ({ directory, error }: Readonly<Record<'directory' | 'error', string>>) => {
    const why = WHY_NOT_WRITTEN.get(error) ?? error;
    return `webroot ${directory}: a token cannot be written: ${why}`;
  },
  'drill-failed': ({ seconds, names, targets }: Drill) =>
    `drill failed after ${seconds} s: ${names.join(', ')} not served everywhere (${targets.join(', ')})`,
  'drill-interrupted': ({ seconds }: { readonly seconds: string }) => `drill interrupted after ${seconds}`,
} satisfies Area;

interface Drill {
  readonly seconds: number;
  readonly names: readonly string[];
  /** each as `web1 192.0.2.11` */
  readonly targets: readonly string[];
}
