import fs from 'fs-extra';
import { hasErrorCode } from '../base/errors.ts';
import { layoutOf } from './layout.ts';

const HOUR_MS = 3_600_000;
/** Let's Encrypt allows 5 failed authorizations per identifier, account and hour. */
const WARN_AT = 4;

type Record = { readonly [identifier: string]: readonly number[] };

/**
 * Remembers in `stateDir/failures.json` when gates failed, for an hour.
 * A run of another certbot at the same moment may be missed: the record is a warning's source, no ledger.
 * @returns the identifiers that have now failed 4 times or more within the hour, with how often
 */
export async function recordFailures(
  stateDir: string,
  identifiers: readonly string[],
  nowMs: number = Date.now(),
): Promise<ReadonlyMap<string, number>> {
  const file = layoutOf(stateDir).failures;
  const failures = new Map<string, readonly number[]>();
  for (const [identifier, times] of Object.entries(await read(file))) {
    const recent = times.filter((time) => nowMs - time < HOUR_MS);
    if (recent.length > 0) failures.set(identifier, recent);
  }
  for (const identifier of identifiers) {
    failures.set(identifier, [...(failures.get(identifier) ?? []), nowMs]);
  }
  try {
    const temporary = `${file}.${process.pid}.tmp`;
    await fs.outputJson(temporary, Object.fromEntries(failures));
    await fs.move(temporary, file, { overwrite: true });
  } catch (error) {
    // A full disk must not keep the report from being made, nor the abort that may follow it.
    if (!hasErrorCode(error, 'ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EIO')) throw error;
  }
  const counts = identifiers.map(
    (identifier) => [identifier, failures.get(identifier)?.length ?? 0] as const,
  );
  return new Map(counts.filter(([, count]) => count >= WARN_AT));
}

async function read(file: string): Promise<Record> {
  try {
    const value: unknown = await fs.readJson(file);
    return isRecord(value) ? value : {};
  } catch {
    return {}; // absent at first, and a broken record is worth less than the report that is being made
  }
}

function isRecord(value: unknown): value is Record {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every(
      (times) => Array.isArray(times) && times.every((time) => typeof time === 'number'),
    )
  );
}
