import type { KnownTrouble, Told } from '../state/notified.ts';
import { DAY_MS, HOUR_MS } from '../system/spans.ts';
import type { IsUnseen } from './unseen.ts';

/** Something that needs somebody, as it is told. */
export interface Trouble {
  /** what makes it the same one at another run, whatever its words are */
  readonly key: string;
  /** `web2 192.168.69.12`; null where it is the cluster's or the lineage's */
  readonly who: string | null;
  readonly code: string;
  readonly message: string;
}

/** What one run has seen, of what this node is to tell. */
export interface Seen {
  readonly troubles: readonly Trouble[];
  /** what is there, and another node tells of */
  readonly elsewhere: ReadonlySet<string>;
  /** not everything could be looked at: what is missing need not be over */
  readonly isBlind: boolean;
  /** the same of one trouble, and whether this node is to tell of such ones; absent: everything could be seen */
  readonly unseen?: { readonly is: IsUnseen; readonly isOurs: boolean };
}

/** What is to be told: all that is new, all that is still there after a day, and all that is over. */
export interface News {
  readonly fresh: readonly KnownTrouble[];
  readonly ongoing: readonly KnownTrouble[];
  readonly over: readonly KnownTrouble[];
  /** how many are left for the next message */
  readonly left: number;
}

export interface Decision {
  /** null: nothing is to be told now */
  readonly news: News | null;
  /** those that are there for two runs, told or not */
  readonly confirmed: readonly KnownTrouble[];
  /** what is known if the receiver takes the news */
  readonly ifTaken: Told;
  /** and if it does not, or there are none: they come again */
  readonly ifNot: Told;
}

/** VIPs move and agents restart: what one run alone has seen is no news, nor what one run alone has missed. */
const RUNS = 2;
/** What lasts is told again. */
const AGAIN_MS = DAY_MS;
/** Messages within an hour, taken or not: who fails may have acted anyway. What is more waits, and goes with the next one. */
const MAX_MESSAGES = 6;
/** How many of these, of which the first is the most urgent, one message has room for; the others go with the next one. */
export type Fitting = (known: readonly KnownTrouble[]) => number;

/** What one receiver is to be told, by what it has been told. */
export function newsFor(before: Told, seen: Seen, nowMs: number, fitting: Fitting): Decision {
  const now = new Date(nowMs).toISOString();
  const isWithin = (ms: number) => (at: string) => Math.abs(nowMs - Date.parse(at)) < ms;
  const known = Object.entries({ ...stillKnown(before, seen), ...nowKnown(before, seen, now) });
  const all = {
    fresh: known.filter(([, { told, seen: runs, gone }]) => told === null && gone === 0 && runs >= RUNS),
    over: known.filter(([, one]) => isPromised(one) && one.gone >= RUNS),
    ongoing: known.filter(([, { told, gone }]) => told !== null && gone === 0 && !isWithin(AGAIN_MS)(told)),
  };
  const inTurn = [...all.fresh, ...all.over, ...all.ongoing];
  const toldNow: ReadonlySet<Entry> = new Set<Entry>(inTurn.slice(0, fitting(valuesOf(inTurn))));
  const sent = before.sent.filter(isWithin(HOUR_MS));
  const isTold = inTurn.length > 0 && sent.length < MAX_MESSAGES;
  const part = (entries: readonly Entry[]) => valuesOf(entries.filter((entry) => toldNow.has(entry)));
  const confirmed = known.filter(([, { seen: runs, gone }]) => runs >= RUNS && gone < RUNS);
  const rest = known.filter((entry) => !(toldNow.has(entry) && all.over.includes(entry)));
  return {
    news: isTold
      ? {
          fresh: part(all.fresh),
          ongoing: part(all.ongoing),
          over: part(all.over),
          left: inTurn.length - toldNow.size,
        }
      : null,
    confirmed: valuesOf(confirmed),
    ifNot: { troubles: Object.fromEntries(known), sent: isTold ? [...sent, now] : sent },
    ifTaken: {
      troubles: Object.fromEntries(
        rest.map((entry) => {
          const [key, { isLeft: _, ...known }] = entry;
          if (toldNow.has(entry)) return [key, { ...known, told: now }];
          return all.fresh.includes(entry) ? [key, { ...known, isLeft: true as const }] : entry;
        }),
      ),
      sent: [...sent, now],
    },
  };
}

type Entry = readonly [string, KnownTrouble];

/** What is there now. What has been told and was gone for a run only is the same trouble still. */
function nowKnown(before: Told, { troubles }: Seen, now: string): Readonly<Record<string, KnownTrouble>> {
  return Object.fromEntries(
    troubles.map(({ key, ...words }) => {
      const known = Object.hasOwn(before.troubles, key) ? before.troubles[key] : undefined;
      const runs = Math.min((known?.seen ?? 0) + 1, RUNS);
      const { since = now, told = null, isLeft } = known ?? {};
      return [key, { ...words, since, seen: runs, gone: 0, told, ...(isLeft && { isLeft }) }];
    }),
  );
}

/** What was there, is not now, and has to be told of still. What another node tells of is that node's from now on. */
function stillKnown(
  before: Told,
  { troubles, elsewhere, isBlind, unseen }: Seen,
): Readonly<Record<string, KnownTrouble>> {
  const there = new Set(troubles.map(({ key }) => key));
  const missing = Object.entries(before.troubles).filter(([key]) => !there.has(key));
  if (isBlind) return Object.fromEntries(missing);
  const left = missing.flatMap(([key, known]) => {
    if (unseen?.is(key, known)) return unseen.isOurs ? [[key, known] as const] : [];
    if (!isPromised(known) || elsewhere.has(key)) return [];
    return [[key, { ...known, gone: Math.min(known.gone + 1, RUNS) }] as const];
  });
  return Object.fromEntries(left);
}

/** Whether the receiver has heard of it, or that there is more: it has to hear the end as well. */
function isPromised({ told, isLeft }: KnownTrouble): boolean {
  return told !== null || isLeft === true;
}

function valuesOf(entries: readonly Entry[]): readonly KnownTrouble[] {
  return entries.map(([, known]) => known);
}
