import { some, type Area } from './area.ts';

interface Denied {
  /** a path, with what it is for before it where there is a word for that: `stateDir /var/lib/certbot-ha` */
  readonly place: string;
  /** the system's code, such as `EACCES` */
  readonly error: string;
}

interface Program {
  readonly program: string;
}

/** This host: locks, files, programs. */
export const SYSTEM = {
  'lock-held': ({ directory }: { readonly directory: string }) => `${directory} is locked by another process`,
  'lock-lost': ({ directory }: { readonly directory: string }) =>
    `${directory}: the lock was lost, as after a suspension of this host`,
  'no-lock': ({ place }: { readonly place: string }) =>
    `${place} is in the place of a lock, and is not one of certbot-ha's`,
  'lock-wait-interrupted': ({ directory }: { readonly directory: string }) =>
    `${directory}: interrupted while another process had it locked`,
  'not-writable': ({ place, error }: Denied) => `${place}: not writable (${error})`,
  'file-system-silent': ({ place }: { readonly place: string }) =>
    `${place}: the file system does not answer`,
  'file-wait-interrupted': ({ place }: { readonly place: string }) =>
    `${place}: interrupted while the file system was waited for`,
  'no-room': ({ place, error }: Denied) => `${place}: no room for a directory (${error})`,
  'stdout-not-written': ({ error }: { readonly error: string }) => `stdout cannot be written (${error})`,
  'written-meanwhile': ({ file }: { readonly file: string }) =>
    `${file}: has been written by another program meanwhile`,
  'internal-error': ({ error }: { readonly error: string }) => `this is a bug in certbot-ha: ${error}`,
  'system-error': ({ error }: { readonly error: string }) => error,
  'state-file-damaged': ({ file, why }: Readonly<Record<'file' | 'why', string>>) =>
    `${file}: damaged, taken for absent: ${why}`,
  'state-entries-damaged': ({
    file,
    entries,
  }: {
    readonly file: string;
    readonly entries: readonly string[];
  }) => `${file}: not as it should be, passed over: ${some(entries)}`,
  'program-not-installed': ({ program }: Program) => `${program} is not installed`,
  'program-too-slow': ({ program, seconds }: Program & { readonly seconds: number }) =>
    `${program} did not end within ${seconds} s`,
  'program-stopped': ({ program }: Program) => `${program} was stopped: the time was over`,
  'program-interrupted': ({ program }: Program) => `${program} was stopped: interrupted`,
  'program-killed': ({ program, signal }: Program & { readonly signal: string }) =>
    `${program} was ended by ${signal}`,
  'program-not-started': ({ program, error }: Program & { readonly error: string }) => `${program}: ${error}`,
} satisfies Area;
