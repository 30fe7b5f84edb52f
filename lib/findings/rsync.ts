import type { Area } from './area.ts';

/** The last line of what it said on stderr. */
interface Said {
  readonly said: string;
}

/** What rsync's exit code, or ssh's words, mean (rsync(1), EXIT VALUES). */
export const RSYNC = {
  'ssh-key-refused': ({ account, key }: { readonly account: string; readonly key: string }) =>
    `ssh: ${account} refuses the key ${key}: is its public half in authorized_keys there?`,
  'ssh-host-key-unknown': ({ account }: { readonly account: string }) =>
    `ssh: the host key of ${account} is unknown or has changed: add it to /etc/ssh/ssh_known_hosts`,
  'ssh-failed': ({ said }: Said) => `ssh: ${said}`,
  'rsync-refused': ({ said }: Said) => `rsync: wrong use, or refused by rrsync on the peer: ${said}`,
  'rsync-not-spoken': ({ user, said }: Said & { readonly user: string }) =>
    `rsync: something else than rsync answers there: does ${user} have a shell or rrsync? ${said}`,
  'rsync-not-answering': ({ user, said }: Said & { readonly user: string }) =>
    `rsync: no rsync answers there: is it installed, and does ${user} have a shell or rrsync? ${said}`,
  'rsync-not-installed-there': ({ user }: { readonly user: string }) =>
    `rsync: not installed there, or not in the path of ${user}`,
  'rsync-not-writable': ({ user, directory }: { readonly user: string; readonly directory: string }) =>
    `rsync: ${user} may not write ${directory} there`,
  'rsync-directory-missing': ({ directory, said }: Said & { readonly directory: string }) =>
    `rsync: is ${directory} there? ${said}`,
  'rsync-write-only': () => 'rsync: write-only there: leave -wo out of the forced command',
  'rsync-no-answer': () => 'rsync: no answer in time',
  'rsync-failed': ({ exitCode, said }: Said & { readonly exitCode: number }) =>
    `rsync: exit ${exitCode}: ${said}`,
} satisfies Area;
