import type { Area } from './area.ts';

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
  'directory-not-shared': ({
    directory,
    type,
    place,
  }: Readonly<Record<'directory' | 'type' | 'place', string>>) =>
    `${directory} is on ${type}, mounted at ${place}, which no other node has: is the shared file system mounted?`,
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
} satisfies Area;

const DURATION = { measured: '', 'at-least': 'more than ', 'up-to': 'up to ' } as const;
