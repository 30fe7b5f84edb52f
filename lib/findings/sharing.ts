import { some, type Area } from './area.ts';

interface Remembered {
  /** `measured`; `at-least`: it was not waited for any longer; `up-to`: by what is mounted there */
  readonly how: 'measured' | 'at-least' | 'up-to';
  readonly seconds: number;
  /** `nfs4 from files.example:/acme` */
  readonly fileSystem: string;
  /** what ends it; null: nothing that is known */
  readonly remedy: string | null;
}

/** Directories that nodes share. */
export const SHARING = {
  'directory-not-shared': ({ directory, type }: Readonly<Record<'directory' | 'type', string>>) =>
    `${directory} is on ${type}, a file system that no other node has: is the shared one mounted?`,
  'written-not-seen': ({ directory, seconds }: { readonly directory: string; readonly seconds: number }) =>
    `did not serve within ${seconds} s what this node has written to ${directory}: is the same file system mounted there?`,
  'absence-remembered': ({ how, seconds, fileSystem, remedy }: Remembered) =>
    `goes on with 404 for ${DURATION[how]}${seconds} s, once it was asked for a token too early (${fileSystem}): ${remedy ?? 'gate.timeout has to be longer'}`,
  'gate-too-short': ({
    timeout,
    how,
    seconds,
  }: Omit<Remembered, 'fileSystem' | 'remedy'> & { readonly timeout: number }) =>
    `gate.timeout is ${timeout} s, and 404 is remembered for ${DURATION[how]}${seconds} s: set gate.timeout to more than that, or mount without that cache`,
  'token-not-there-yet': ({ server, origin, seconds, fileSystem, upTo, remedy, timeout }: NotThereYet) =>
    [
      `404${server && ` from ${server}`}${origin === null ? '' : ` at ${origin}`}, ${seconds} s after the token was written: `,
      'is the same file system mounted there? ',
      upTo === 0
        ? 'is the acme-challenge location in its configuration?'
        : `${fileSystem} may remember its absence for ${upTo} s${remedy === null ? '' : `: ${remedy}`}`,
      upTo > timeout ? `; gate.timeout is only ${timeout} s` : '',
    ].join(''),
  'webroot-on-standby': ({
    directory,
    vips,
  }: {
    readonly directory: string;
    readonly vips: readonly string[];
  }) =>
    `nothing is mounted at ${directory}, and this node does not hold ${some(vips)}: challenges are written where both are (webServer.runsOn is holder)`,
} satisfies Area;

interface NotThereYet extends Pick<Remembered, 'fileSystem' | 'remedy'> {
  /** as in `token-not-found` */
  readonly server: string;
  readonly origin: string | null;
  readonly seconds: number;
  /** seconds; 0: the file system remembers nothing */
  readonly upTo: number;
  /** of the gate, in seconds */
  readonly timeout: number;
}

const DURATION = { measured: '', 'at-least': 'more than ', 'up-to': 'up to ' } as const;
