import pLimit from 'p-limit';
import { attempted } from '../base/expected.ts';
import { OK, type Outcome } from '../base/outcome.ts';
import type { TxtRecord } from '../challenge/dns-01.ts';
import { within } from '../system/deadline.ts';
import { timeLimit, type TimeLimit } from '../system/time-limit.ts';
import { findZones, type Zone } from './zones.ts';

/** A record, and where it has to be written. */
export interface Located {
  readonly record: TxtRecord;
  readonly zone: Zone;
}

/** Called with what will be published, before. Where it rejects, nothing is. */
export type OnPlaced = (places: readonly Located[]) => Promise<void>;

/** What a publisher does with records: an outcome for each, in the records' order. */
export type RecordChange = (
  records: readonly TxtRecord[],
  signal: AbortSignal,
  onPlaced?: OnPlaced,
) => Promise<readonly Outcome[]>;

/** What a change has left of its time. */
export interface Time {
  /** for programs and locks */
  readonly limit: TimeLimit;
  /** for all else */
  readonly until: AbortSignal;
}

interface ChangeOptions {
  /** who is asked for the zones: see `findZones` */
  readonly resolvers: readonly string[];
  /** milliseconds for all of it */
  readonly timeoutMs: number;
}

type Work = (places: readonly Located[], time: Time) => Promise<readonly Outcome[]>;

/** A change that hands on the records whose zones are found, once where there are any. The outcomes are those of both. */
export function changeAt({ resolvers, timeoutMs }: ChangeOptions, work: Work): RecordChange {
  return async (records, signal, onPlaced = async () => undefined) => {
    const time = { limit: timeLimit(timeoutMs, signal), until: within(signal, timeoutMs) };
    const names = records.map(({ name, placedAt }) => placedAt ?? name);
    const found = await findZones(names, { resolvers, signal: time.until });
    const places = records.flatMap((record, index) => {
      const one = found[index];
      return one?.isOk ? [{ record, zone: one.zone }] : [];
    });
    const worked = async () => {
      const ready = await attempted(async () => {
        await onPlaced(places);
        return OK;
      });
      return ready.isOk ? await work(places, time) : places.map(() => ready);
    };
    const outcomes = places.length > 0 ? [...(await worked())] : [];
    return found.map((one) => (one.isOk ? (outcomes.shift() ?? OK) : one));
  };
}

const AT_ONCE = 4;

/** Does the work once for all places that have a key in common, for some keys at a time. An outcome for each place, in their order. */
export async function onceForEach(
  places: readonly Located[],
  keyOf: (zone: Zone) => string,
  work: (zone: Zone, own: readonly Located[]) => Promise<Outcome>,
): Promise<readonly Outcome[]> {
  const zones = new Map(places.map(({ zone }) => [keyOf(zone), zone]));
  const outcomes = await pLimit(AT_ONCE).map([...zones], async ([key, zone]) => {
    const own = places.filter((place) => keyOf(place.zone) === key);
    return [key, await work(zone, own)] as const;
  });
  const byKey = new Map(outcomes);
  return places.map(({ zone }) => byKey.get(keyOf(zone)) ?? OK);
}
