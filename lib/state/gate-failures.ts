import { HOUR_MS } from '../system/spans.ts';
import * as v from 'valibot';
import { isDiskTrouble, isForbidden } from '../base/errors.ts';
import { valueIn, writeJsonFile, type OnDamage } from './json-file.ts';
import { layoutOf } from './layout.ts';

/** Let's Encrypt allows 5 failed authorizations per identifier, account and hour. */
const WARN_AT = 4;

/** milliseconds since the epoch, by identifier */
const failuresSchema = v.record(v.string(), v.array(v.number()));

/** `stateDir/failures.json`: when gates failed, for an hour. A damaged file counts as absent. */
export interface GateFailures {
  /**
   * Adds a failure of each. A run of another certbot at the same moment may be missed: the record is a
   * warning's source, no ledger.
   * @returns the identifiers that have now failed 4 times or more within the hour, with how often
   */
  record(identifiers: readonly string[], nowMs?: number): Promise<ReadonlyMap<string, number>>;
  /** The same of all identifiers, without adding any. */
  near(nowMs?: number): Promise<ReadonlyMap<string, number>>;
}

export function createGateFailures(stateDir: string, onDamage: OnDamage): GateFailures {
  const { gateFailures: file, backup } = layoutOf(stateDir);

  async function write(failures: ReadonlyMap<string, readonly number[]>): Promise<void> {
    try {
      const options = { mode: 0o644, isDurable: false };
      await writeJsonFile(file, Object.fromEntries(failures), options, backup);
    } catch (error) {
      // A full disk must not keep the report from being made, nor the abort that may follow it.
      if (!isDiskTrouble(error) && !isForbidden(error)) throw error;
    }
  }

  async function recentAt(nowMs: number): Promise<Map<string, readonly number[]>> {
    const failures = new Map<string, readonly number[]>();
    for (const [identifier, times] of Object.entries((await valueIn(file, failuresSchema, onDamage)) ?? {})) {
      const recent = times.filter((time) => nowMs - time < HOUR_MS);
      if (recent.length > 0) failures.set(identifier, recent);
    }
    return failures;
  }

  return {
    async near(nowMs = Date.now()) {
      const counts = [...(await recentAt(nowMs))].map(
        ([identifier, times]) => [identifier, times.length] as const,
      );
      return new Map(counts.filter(([, count]) => count >= WARN_AT));
    },
    async record(identifiers, nowMs = Date.now()) {
      const failures = await recentAt(nowMs);
      for (const identifier of identifiers) {
        failures.set(identifier, [...(failures.get(identifier) ?? []), nowMs]);
      }
      await write(failures);
      const counts = identifiers.map(
        (identifier) => [identifier, failures.get(identifier)?.length ?? 0] as const,
      );
      return new Map(counts.filter(([, count]) => count >= WARN_AT));
    },
  };
}
