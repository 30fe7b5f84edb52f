import { isHidden, isRunning } from '../system/processes.ts';
import { allEnded } from '../base/all-ended.ts';
import { CertbotHaError, isDiskTrouble } from '../base/errors.ts';
import { isDns, keyOf, type AnyChallenge } from '../challenge/any-challenge.ts';
import { writeJsonFile, type OnDamage } from './json-file.ts';
import { NONE_LAUNCHED, type Launched } from './launched.ts';
import { layoutOf } from './layout.ts';
import { oneAfterAnother } from './one-after-another.ts';
import { batchIn } from './pending-batch.ts';
import type { PendingChallenge, Run } from './pending-challenge.ts';
import { pendingIn } from './read-pending.ts';
import { makeStateDir } from './state-dir.ts';
import { removeIfThere } from '../system/write-file.ts';
import { withLock, type LockOptions } from '../system/lock.ts';

/**
 * The challenges that have been recorded and not yet cleaned up, a file each in `stateDir/pending`,
 * under one lock. Several certbots may run at once; each sees its own batch. A damaged one counts as
 * absent, and is removed. Those that launchers have recorded are among them.
 */
export interface PendingStore {
  /**
   * Adds a challenge to its batch, and takes in those of it that launchers have recorded. Nothing half-written is ever read.
   * @param signal ends the waiting for the lock
   */
  record(run: Run, challenge: AnyChallenge, signal?: AbortSignal): Promise<void>;
  /** Notes of values where their records are about to be published. */
  place(places: ReadonlyMap<string, string>): Promise<void>;
  /** The batch's challenges in the order they came. Waits for no lock: nobody but its own hooks changes a batch. */
  batch(run: Run): Promise<readonly PendingChallenge[]>;
  /** Those of the batch that only launchers have recorded, who have checked no more than certbot's environment. */
  launched(run: Run): readonly PendingChallenge[];
  /** Challenges whose run is over without having cleaned them up. */
  leftOver(run: Run): Promise<readonly PendingChallenge[]>;
  /** By what no other challenge has: `keyOf`. Absence is no error. */
  forget(keys: readonly string[]): Promise<void>;
  /** Of what cannot be forgotten yet: it belongs to no batch any more. */
  retire(challenges: readonly PendingChallenge[]): Promise<void>;
  /** Forgets a batch that has not been presented anywhere, or leaves it to the next run where that is not quickly done. */
  forgetSoon(run: Run): Promise<void>;
}

/** Without a process to ask, or where one is hidden, a record is taken for left over after an hour. */
const UNKNOWN_RUN_MAX_AGE_MS = 3_600_000;
/** Before certbot is ended, which is what matters. */
const FORGET_WAIT_MS = 1_000;

const startedMs = Date.now();
const started = process.hrtime.bigint();

/** With fractions, or two records of one millisecond lose their order. `performance` has them too, but takes 2 ms to load. */
function nowMs(): number {
  return startedMs + Number(process.hrtime.bigint() - started) / 1_000_000;
}

/** @param launchers what they have recorded; default: nothing */
export function createPendingStore(
  stateDir: string,
  onDamage: OnDamage,
  launchers: Launched = NONE_LAUNCHED,
): PendingStore {
  const { directory, locked, write, remove } = filesOf(stateDir, launchers);
  const everything = async () => await bothIn(directory, launchers, onDamage);

  async function record(run: Run, challenge: AnyChallenge, signal?: AbortSignal): Promise<void> {
    const isEarlier = (entry: PendingChallenge) =>
      entry.run.id === run.id && keyOf(entry) !== keyOf(challenge);
    await locked(async () => {
      const before = (await pendingIn(directory, onDamage)).filter(isEarlier);
      const own = { ...challenge, run, recordedAtMs: nowMs() };
      const others = launchers.all().filter(isEarlier);
      const taken = oneAfterAnother([...others, own], before).map((entry) => ({ ...entry, run }));
      await orTell(allEnded(taken.map(write)), directory);
      launchers.remove(taken.map(keyOf));
    }, signal && { signal });
  }

  const launched = (run: Run) => launchers.all().filter((entry) => entry.run.id === run.id);

  const place = async (places: ReadonlyMap<string, string>) =>
    await locked(async () => {
      for (const entry of (await pendingIn(directory, onDamage)).filter(isDns)) {
        const placedAt = places.get(entry.value);
        if (placedAt !== undefined && placedAt !== entry.placedAt)
          await orTell(write({ ...entry, placedAt }), directory);
      }
    });

  const batch = async (run: Run) => batchIn(await everything(), run);

  const leftOver = async (run: Run) =>
    await locked(async () => {
      const entries = await everything();
      const current = new Set(batchIn(entries, run));
      return entries.filter((entry) => !current.has(entry) && isOver(entry, run));
    });

  const forget = async (keys: readonly string[]) => await locked(async () => await remove(keys));

  const retire = async (challenges: readonly PendingChallenge[]) =>
    await locked(async () => {
      for (const challenge of challenges) await write({ ...challenge, isOver: true });
      launchers.remove(challenges.map(keyOf));
    });

  async function forgetSoon(run: Run): Promise<void> {
    const forgetAll = async () => await remove((await batch(run)).map(keyOf));
    // Whatever keeps it from being forgotten, the next run sees that this one is over.
    await locked(forgetAll, { waitMs: FORGET_WAIT_MS }).catch(() => undefined);
  }

  return { record, place, batch, launched, leftOver, forget, retire, forgetSoon };
}

function filesOf(stateDir: string, launchers: Launched) {
  const { pending: directory, pendingOf, pendingRecordOf, backup } = layoutOf(stateDir);
  const fileOf = (one: AnyChallenge) => (isDns(one) ? pendingRecordOf : pendingOf)(keyOf(one));

  async function locked<T>(run: () => Promise<T>, options: LockOptions = {}): Promise<T> {
    await makeStateDir(stateDir, { below: directory, mode: 0o700 });
    return await withLock(directory, run, options);
  }

  const write = async (entry: PendingChallenge) =>
    // A token goes away by itself, with an agent; a record in DNS stays, if nobody remembers it.
    await writeJsonFile(fileOf(entry), entry, { mode: 0o600, isDurable: isDns(entry) }, backup);

  async function remove(keys: readonly string[]): Promise<void> {
    for (const key of keys)
      for (const file of [pendingOf(key), pendingRecordOf(key)]) await removeIfThere(file);
    launchers.remove(keys);
  }

  return { directory, locked, write, remove };
}

/** What is recorded in either place, in the order it came. What has been taken in counts, wherever it is as well. */
async function bothIn(
  directory: string,
  launchers: Launched,
  onDamage: OnDamage,
): Promise<readonly PendingChallenge[]> {
  const entries = await pendingIn(directory, onDamage);
  const keys = new Set(entries.map(keyOf));
  const others = launchers.all().filter((entry) => !keys.has(keyOf(entry)));
  return [...entries, ...others].toSorted((one, other) => one.recordedAtMs - other.recordedAtMs);
}

async function orTell(writing: Promise<unknown>, directory: string): Promise<void> {
  try {
    await writing;
  } catch (error) {
    if (!isDiskTrouble(error)) throw error;
    const found = { code: 'challenge-not-recorded', directory, error: error.message } as const;
    throw new CertbotHaError('failed', found, { cause: error });
  }
}

function isOver(entry: PendingChallenge, current: Run): boolean {
  if (entry.isOver === true || entry.run.id === current.id) return true;
  const { process } = entry.run;
  // One certbot works on one batch at a time: another batch of the same process is over.
  if (process !== null && isRunning(process)) return current.process?.pid === process.pid;
  const isKnown = process !== null && !isHidden(process.pid);
  return isKnown || Date.now() - entry.recordedAtMs > UNKNOWN_RUN_MAX_AGE_MS;
}
