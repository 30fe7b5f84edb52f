import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { findCertbot } from '../certbot/process.ts';
import { isRunning } from '../system/processes.ts';
import { CertbotHaError, isDiskTrouble } from '../base/errors.ts';
import { isDns, keyOf, type AnyChallenge } from '../challenge/any-challenge.ts';
import { isToken } from '../challenge/challenge.ts';
import { isDnsValue } from '../challenge/dns-01.ts';
import { isHostName } from '../net/address.ts';
import { readJsonFile, writeJsonFile, type OnDamage } from './json-file.ts';
import { layoutOf } from './layout.ts';
import { batchIn } from './pending-batch.ts';
import type { PendingChallenge, Run } from './pending-challenge.ts';
import { makeStateDir } from './state-dir.ts';
import { withLock, type LockOptions } from '../system/lock.ts';
import { entriesOf } from '../system/read-file.ts';

/**
 * The challenges that have been recorded and not yet cleaned up, a file each in `stateDir/pending`,
 * under one lock. Several certbots may run at once; each sees its own batch. A damaged one counts as
 * absent, and is removed.
 */
export interface PendingStore {
  /** Adds a challenge to its batch. Nothing half-written is ever read. @param signal ends the waiting for the lock */
  record(run: Run, challenge: AnyChallenge, signal?: AbortSignal): Promise<void>;
  /** Notes of values where their records are about to be published. */
  place(places: ReadonlyMap<string, string>): Promise<void>;
  /** The batch's challenges in the order they came. Waits for no lock: nobody but its own hooks changes a batch. */
  batch(run: Run): Promise<readonly PendingChallenge[]>;
  /** Challenges whose run is over without having cleaned them up. */
  leftOver(run: Run): Promise<readonly PendingChallenge[]>;
  /** By what no other challenge has: `keyOf`. Absence is no error. */
  forget(keys: readonly string[]): Promise<void>;
  /** Of what cannot be forgotten yet: it belongs to no batch any more. */
  retire(challenges: readonly PendingChallenge[]): Promise<void>;
  /** Forgets a batch that has not been presented anywhere, or leaves it to the next run where that is not quickly done. */
  forgetSoon(run: Run): Promise<void>;
}

const recorded = {
  identifier: v.string(),
  run: v.object({
    id: v.string(),
    process: v.nullable(v.object({ pid: v.number(), startTime: v.string() })),
  }),
  recordedAtMs: v.number(),
  isOver: v.optional(v.boolean()),
};

const pendingSchema = v.union([
  v.object({
    ...recorded,
    token: v.pipe(v.string(), v.check(isToken)),
    keyAuthorization: v.string(),
  }),
  v.object({
    ...recorded,
    value: v.pipe(v.string(), v.check(isDnsValue)),
    placedAt: v.optional(v.pipe(v.string(), v.check(isHostName))),
  }),
]);

/** Without a process to ask, a record is taken for left over after an hour. */
const UNKNOWN_RUN_MAX_AGE_MS = 3_600_000;
/** Before certbot is ended, which is what matters. */
const FORGET_WAIT_MS = 1_000;

/**
 * The run that a hook belongs to. certbot calls hooks through a shell, so its own process is looked
 * for among the ancestors; a wrapper that hides it leaves the list of identifiers to tell runs apart.
 */
export function runOf(hookPid: number, allIdentifiers: readonly string[]): Run {
  const certbot = findCertbot(hookPid);
  const owner = certbot ? `${certbot.pid}-${certbot.startTime}` : 'unknown';
  const id = `${owner} ${allIdentifiers.join(',')}`;
  return { id, process: certbot, identifiers: allIdentifiers };
}

const startedMs = Date.now();
const started = process.hrtime.bigint();

/** With fractions, or two records of one millisecond lose their order. `performance` has them too, but takes 2 ms to load. */
function nowMs(): number {
  return startedMs + Number(process.hrtime.bigint() - started) / 1_000_000;
}

export function createPendingStore(stateDir: string, onDamage: OnDamage): PendingStore {
  const { pending: directory, pendingOf, pendingRecordOf, backup } = layoutOf(stateDir);
  const fileOf = (one: AnyChallenge) => (isDns(one) ? pendingRecordOf : pendingOf)(keyOf(one));

  async function locked<T>(run: () => Promise<T>, options: LockOptions = {}): Promise<T> {
    await makeStateDir(stateDir, { below: directory, mode: 0o700 });
    return await withLock(directory, run, options);
  }

  const write = async (entry: PendingChallenge) =>
    // A token goes away by itself, with an agent; a record in DNS stays for ever, if nobody remembers it.
    await writeJsonFile(fileOf(entry), entry, { mode: 0o600, isDurable: isDns(entry) }, backup);

  async function record(run: Run, challenge: AnyChallenge, signal?: AbortSignal): Promise<void> {
    const recordedAtMs = nowMs();
    const entry: PendingChallenge = { ...challenge, run, recordedAtMs };
    await locked(async () => await orTell(write(entry), directory), signal && { signal });
  }

  const place = async (places: ReadonlyMap<string, string>) =>
    await locked(async () => {
      for (const entry of (await allIn(directory, onDamage)).filter(isDns)) {
        const placedAt = places.get(entry.value);
        if (placedAt !== undefined && placedAt !== entry.placedAt)
          await orTell(write({ ...entry, placedAt }), directory);
      }
    });

  const batch = async (run: Run) => batchIn(await allIn(directory, onDamage), run);

  const leftOver = async (run: Run) =>
    await locked(async () => {
      const entries = await allIn(directory, onDamage);
      const current = new Set(batchIn(entries, run));
      return entries.filter((entry) => !current.has(entry) && isOver(entry, run));
    });

  const forget = async (keys: readonly string[]) =>
    await locked(async () => {
      for (const key of keys)
        for (const file of [pendingOf(key), pendingRecordOf(key)]) await rm(file, { force: true });
    });

  const retire = async (challenges: readonly PendingChallenge[]) =>
    await locked(async () => {
      for (const challenge of challenges) await write({ ...challenge, isOver: true });
    });

  async function forgetSoon(run: Run): Promise<void> {
    const forgetAll = async () => {
      for (const entry of await batch(run)) await rm(fileOf(entry), { force: true });
    };
    // Whatever keeps it from being forgotten, the next run sees that this one is over.
    await locked(forgetAll, { waitMs: FORGET_WAIT_MS }).catch(() => undefined);
  }

  return { record, place, batch, leftOver, forget, retire, forgetSoon };
}

async function orTell(writing: Promise<void>, directory: string): Promise<void> {
  try {
    await writing;
  } catch (error) {
    if (!isDiskTrouble(error)) throw error;
    const found = { code: 'challenge-not-recorded', directory, error: error.message } as const;
    throw new CertbotHaError('failed', found, { cause: error });
  }
}

/** What is recorded, in the order it came. */
async function allIn(directory: string, onDamage: OnDamage): Promise<readonly PendingChallenge[]> {
  const names = (await entriesOf(directory)).filter((name) => /\.(?:json|record)$/.test(name));
  const found = await Promise.all(
    names.map(async (name) => await readOrRemove(join(directory, name), onDamage)),
  );
  return found
    .filter((entry) => entry !== null)
    .toSorted((one, other) => one.recordedAtMs - other.recordedAtMs);
}

/** A loss of power may leave a record empty, which would be reported at every run. */
async function readOrRemove(file: string, onDamage: OnDamage): Promise<PendingChallenge | null> {
  const reading = await readJsonFile(file, pendingSchema);
  if (reading.state === 'read') return reading.value;
  if (reading.state === 'damaged') {
    onDamage(reading.damage);
    // What cannot be read now may be good.
    if (reading.damage.error === undefined) await rm(file, { recursive: true, force: true });
  }
  return null;
}

function isOver(entry: PendingChallenge, current: Run): boolean {
  if (entry.isOver === true || entry.run.id === current.id) return true;
  if (entry.run.process === null) return Date.now() - entry.recordedAtMs > UNKNOWN_RUN_MAX_AGE_MS;
  // One certbot works on one batch at a time: another batch of the same process is over.
  if (current.process?.pid === entry.run.process.pid && isRunning(entry.run.process)) return true;
  return !isRunning(entry.run.process);
}
