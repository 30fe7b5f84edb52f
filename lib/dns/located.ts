import { attempted } from '../base/expected.ts';
import { OK, type Outcome } from '../base/outcome.ts';
import type { TxtRecord } from '../challenge/dns-01.ts';
import { findZones, type Zone, type ZoneOptions } from './zones.ts';

/** A record, and where it has to be written. */
export interface Located {
  readonly record: TxtRecord;
  readonly zone: Zone;
}

/** Called with what will be published, before. Where it rejects, nothing is. */
export type OnPlaced = (places: readonly Located[]) => Promise<void>;

interface LocatedOptions extends ZoneOptions {
  readonly onPlaced?: OnPlaced | undefined;
}

/** Hands on the records whose zones are found, once where there are any. The outcomes of both, in the records' order. */
export async function located(
  records: readonly TxtRecord[],
  { onPlaced, ...options }: LocatedOptions,
  work: (located: readonly Located[]) => Promise<readonly Outcome[]>,
): Promise<readonly Outcome[]> {
  const names = records.map(({ name, placedAt }) => placedAt ?? name);
  const found = await findZones(names, options);
  const places = records.flatMap((record, index) => {
    const one = found[index];
    return one?.isOk ? [{ record, zone: one.zone }] : [];
  });
  const outcomes = places.length > 0 ? [...(await worked(places, work, onPlaced))] : [];
  return found.map((one) => (one.isOk ? (outcomes.shift() ?? OK) : one));
}

async function worked(
  places: readonly Located[],
  work: (located: readonly Located[]) => Promise<readonly Outcome[]>,
  onPlaced: OnPlaced = async () => undefined,
): Promise<readonly Outcome[]> {
  const ready = await attempted(async () => {
    await onPlaced(places);
    return OK;
  });
  return ready.isOk ? await work(places) : places.map(() => ready);
}
