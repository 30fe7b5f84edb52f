import { mkdirSync, unlinkSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { CertbotHaError } from '../base/errors.ts';
import { isSystemError } from '../base/expected.ts';
import { readHookEnvironment, type HookEnvironment } from '../certbot/environment.ts';
import { keyOf } from '../challenge/any-challenge.ts';
import { configFileOf } from '../cluster/load.ts';
import { ownEntriesOf, readOwn } from '../system/read-own.ts';
import { oneAfterAnother } from './one-after-another.ts';
import { createOwnerOf, type Above, type OwnerOf } from './owner-of-launch.ts';
import type { PendingChallenge } from './pending-challenge.ts';
import { runBy } from './run-of.ts';

/**
 * The challenges that the hooks' launchers (hooks/launcher.sh) have recorded, and no hook has taken in yet, a file each. None of them
 * has been presented anywhere. What is not as a launcher writes it counts as absent.
 */
export interface Launched {
  /** Those of hooks with the same configuration file, in the order they came. */
  all(): readonly PendingChallenge[];
  /** Absence is no error. */
  remove(keys: readonly string[]): void;
  /** Makes their directory where it is not there: launchers record from then on. Where it cannot be made, they never do. */
  open(): void;
}

const DIRECTORY = '/run/certbot-ha-hooks';
/** Of nothing else's name: the directory may be anything that the environment says, such as /etc. */
const ENDING = '.certbot-ha-record';
const KEY = /^[A-Za-z0-9_-]{16,128}$/;
/** The longest variable that Linux hands on, and the rest. */
const MAX_BYTES = 262_144;
/** A launcher takes milliseconds: what is cut off then was so by a full disk, or a kill. */
const CUT_OFF_AFTER_MS = 60_000;

export const NONE_LAUNCHED: Launched = { all: () => [], remove: () => undefined, open: () => undefined };

/** @param env a hook's environment: which directory, and which configuration */
export function launchedBy(env: NodeJS.ProcessEnv): Launched {
  const directory = env['CERTBOT_HA_RECORDS'] || DIRECTORY;
  // Nothing is there: launchers leave such a directory to Node.js.
  if (!isAbsolute(directory) || directory.endsWith('/')) return NONE_LAUNCHED;

  const configFile = configFileOf(env);
  const fileOf = (key: string) => join(directory, `${key}${ENDING}`);
  const keys = () => ownEntriesOf(directory).flatMap((name) => keyIn(name) ?? []);

  function recordOf(key: string): Launch | null {
    const file = readOwn(fileOf(key), MAX_BYTES);
    if (file === null) return null;
    const launch = launchIn(file);
    if (launch === null && isOfThisForm(file.text) && Date.now() - file.mtimeMs > CUT_OFF_AFTER_MS)
      remove([key]);
    return launch && keyOf(launch.hook.challenge) === key ? launch : null;
  }

  function remove(wanted: readonly string[]): void {
    const set = new Set(wanted);
    for (const key of keys()) if (set.has(key)) removeFile(fileOf(key));
  }

  return {
    remove,
    all: () => {
      const launches = keys().flatMap((key) => recordOf(key) ?? []);
      const own = launches.filter((launch) => configFileOf(launch.env) === configFile);
      return oneAfterAnother(own.toSorted(asTheyCame).map(pendingWith(createOwnerOf())));
    },
    open: () => {
      try {
        mkdirSync(directory, { mode: 0o700 });
      } catch {
        // It is there, or launchers go on starting this hook, as before.
      }
    },
  };
}

function keyIn(name: string): string | null {
  const key = name.endsWith(ENDING) ? name.slice(0, -ENDING.length) : '';
  return KEY.test(key) ? key : null;
}

/** Also where it is cut off. */
function isOfThisForm(text: string): boolean {
  return text === '' || text === '1' || text.startsWith('1\n');
}

function removeFile(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    // It is gone, or stays there, such as below a /run that this unit may only read: what has been taken in counts, wherever it is as well.
    if (!isSystemError(error)) throw error;
  }
}

interface Launch {
  readonly hook: HookEnvironment;
  readonly env: NodeJS.ProcessEnv;
  /** the hook's ancestors, the nearest first */
  readonly above: readonly Above[];
  readonly atMs: number;
}

/** What a launcher has written; null where it was cut off, or is not as the hook would take it from certbot. */
function launchIn({ text, mtimeMs }: { readonly text: string; readonly mtimeMs: number }): Launch | null {
  const [form, identifier, token, validation, remaining, all, config, above = '', end, ...more] =
    text.split('\n');
  if (form !== '1' || end !== 'end' || more.length !== 1 || !/\d:\d/.test(above)) return null;
  try {
    const hook = readHookEnvironment({
      CERTBOT_IDENTIFIER: identifier,
      CERTBOT_TOKEN: token,
      CERTBOT_VALIDATION: validation,
      CERTBOT_REMAINING_CHALLENGES: remaining,
      CERTBOT_ALL_IDENTIFIERS: all,
    });
    const processes = [...above.matchAll(/(\d+)(?::(\d+))?/g)].map(toAbove);
    return { hook, env: { CERTBOT_HA_CONFIG: config }, above: processes, atMs: mtimeMs };
  } catch (error) {
    if (error instanceof CertbotHaError) return null;
    throw error;
  }
}

function toAbove([, pid, startTime]: readonly (string | undefined)[]): Above {
  return { pid: Number(pid), startTime: startTime ?? null };
}

/** The clock of files is coarse; certbot counts down. */
function asTheyCame(one: Launch, other: Launch): number {
  return one.atMs - other.atMs || other.hook.remainingChallenges - one.hook.remainingChallenges;
}

/** Where no certbot is found, the names tell its batch, and the process that has ended that it is over for all others. */
function pendingWith(ownerOf: OwnerOf): (launch: Launch) => PendingChallenge {
  return ({ hook, above, atMs }) => {
    const { certbot, ended } = ownerOf(above);
    const { id } = runBy(certbot, hook.allIdentifiers);
    return { ...hook.challenge, run: { id, process: certbot ?? ended }, recordedAtMs: atMs };
  };
}
