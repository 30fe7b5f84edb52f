import { list, some, type Area } from './area.ts';

/** Configuration, key and the web server's part, as the set-up writes them. */
export const SET_UP = {
  'files-differ': ({ files }: { readonly files: readonly string[] }) =>
    `${files.join(', ')}: already there, not replaced`,
  'group-missing': ({ group }: { readonly group: string }) => `group ${group} does not exist`,
  'set-up-not-read': ({ got }: { readonly got: string }) =>
    `stdin: expected what certbot-ha init --export prints, got ${got}`,
  'set-up-interrupted': () => 'interrupted: nothing was written',
  'keepalived-unreadable': ({ file, error }: Readonly<Record<'file' | 'error', string>>) =>
    `${file}: cannot be read (${error})`,
  'setting-missing': ({ option, expected, seen }: Missing) =>
    `${option}: missing: expected ${expected}; found: ${list(seen, 'none')}`,
  'snippet-without-place': ({ kind }: { readonly kind: string }) =>
    `${kind} has no directory for parts of its configuration`,
  'set-up-command-failed': ({ command, end, said }: Command) => [`${command}: ${end}`, ...said],
  'programs-hidden': ({ directory }: { readonly directory: string }) =>
    `${directory}: the units of systemd do not see what is in there`,
  'programs-not-executable': ({ files }: { readonly files: readonly string[] }) =>
    `${some(files)}: not everybody may read and start these`,
  'package-incomplete': ({ files }: { readonly files: readonly string[] }) =>
    `a package of certbot-ha is installed, and lacks ${some(files)}`,
} satisfies Area;

interface Command {
  readonly command: string;
  /** `exit 1`, or why there is no exit code */
  readonly end: string;
  /** its own last lines */
  readonly said: readonly string[];
}

interface Missing {
  readonly option: string;
  readonly expected: string;
  /** what was found on this host, and does not decide it */
  readonly seen: readonly string[];
}
