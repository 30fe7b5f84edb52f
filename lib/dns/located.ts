import { OK, type Outcome } from '../base/outcome.ts';
import type { TxtRecord } from '../challenge/dns-01.ts';
import { findZones, type Zone, type ZoneOptions } from './zones.ts';

/** A record, and where it has to be written. */
export interface Located {
  readonly record: TxtRecord;
  readonly zone: Zone;
}

/** Hands on the records whose zones are found, once where there are any. The outcomes of both, in the records' order. */
export async function located(
  records: readonly TxtRecord[],
  options: ZoneOptions,
  work: (located: readonly Located[]) => Promise<readonly Outcome[]>,
): Promise<readonly Outcome[]> {
  const names = records.map(({ name }) => name);
  const found = await findZones(names, options);
  const places = records.flatMap((record, index) => {
    const one = found[index];
    return one?.isOk ? [{ record, zone: one.zone }] : [];
  });
  const outcomes = places.length > 0 ? [...(await work(places))] : [];
  return found.map((one) => (one.isOk ? (outcomes.shift() ?? OK) : one));
}
