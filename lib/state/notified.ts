import * as v from 'valibot';
import { time } from '../lineage/schemas.ts';
import { CertbotHaError } from '../base/errors.ts';
import { expectedFindings } from '../base/expected.ts';
import { withLock } from '../system/lock.ts';
import { valueIn, writeJsonFile, type OnDamage } from './json-file.ts';
import { layoutOf } from './layout.ts';
import { makeStateDir } from './state-dir.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A trouble, as one receiver knows it. Its words are kept for when it is over. */
const entrySchema = v.object({
  who: v.nullable(v.string()),
  code: v.string(),
  message: v.string(),
  /** ISO 8601: the first run that has seen it */
  since: time,
  /** how many runs in a row have seen it */
  seen: count,
  /** how many runs in a row have not seen it since */
  gone: count,
  /** ISO 8601: when the receiver was told of it last; null: not yet */
  told: v.nullable(time),
  /** true: a message that the receiver has taken had no room for it, and said that there is more */
  isLeft: v.optional(v.literal(true)),
});

const receiverSchema = v.object({
  troubles: v.record(v.string(), entrySchema),
  /** ISO 8601: when it has taken messages within the last hour */
  sent: v.array(time),
});

const notifiedSchema = v.record(v.string(), receiverSchema);

export type KnownTrouble = Readonly<v.InferOutput<typeof entrySchema>>;

/** What one receiver has been told. */
export interface Told {
  /** by what makes a trouble the same one */
  readonly troubles: Readonly<Record<string, KnownTrouble>>;
  readonly sent: readonly string[];
}

/** Longer than all receivers take. */
const LOCK_WAIT_MS = 30_000;

/**
 * `stateDir/notified.json`: what each receiver of notify has been told, by the receiver's id. A damaged file counts as absent:
 * what lasts is told once more.
 */
export interface Notified {
  /**
   * Runs the function while no other program does, which would tell the same. Where there is no room for a lock, it runs without.
   * @throws {CertbotHaError} `failed` where another one keeps the lock for half a minute
   */
  alone<T>(run: () => Promise<T>): Promise<T>;
  read(): Promise<Readonly<Record<string, Told>>>;
  /** Writes what is said of all receivers, unless that is what is there. Rejects where it cannot be written. */
  write(told: Readonly<Record<string, Told>>): Promise<void>;
}

export function createNotified(stateDir: string, onDamage: OnDamage): Notified {
  const { notified: file, backup } = layoutOf(stateDir);
  let written = '';
  return {
    async alone(run) {
      let isBegun = false;
      try {
        await makeStateDir(stateDir);
        const begun = async () => {
          isBegun = true;
          return await run();
        };
        return await withLock(file, begun, { waitMs: LOCK_WAIT_MS });
      } catch (error) {
        if (isBegun || isHeld(error)) throw error;
        expectedFindings(error);
        return await run();
      }
    },
    async read() {
      const told = (await valueIn(file, notifiedSchema, onDamage)) ?? {};
      written = JSON.stringify(told);
      return told;
    },
    async write(told) {
      const text = JSON.stringify(told);
      if (text === written) return;
      // Not others' to read: an id is made of a URL, which somebody could try to guess.
      await writeJsonFile(file, told, { mode: 0o600, isDurable: false }, backup);
      written = text;
    },
  };
}

/** One that remembers nothing, for when stateDir does not answer. @param why what it rejects with */
export function createForgetful(why: Error): Notified {
  return {
    alone: async (run) => await run(),
    read: async () => ({}),
    write: async () => {
      throw why;
    },
  };
}

function isHeld(error: unknown): boolean {
  return error instanceof CertbotHaError && error.findings.some(({ code }) => code === 'lock-held');
}
