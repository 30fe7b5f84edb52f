import type { KnownTrouble, Told } from '../state/notified.ts';
import { DAY_MS, HOUR_MS } from '../system/spans.ts';

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
}

/** What is to be told: all that is new, all that is still there after a day, and all that is over. */
export interface News {
  readonly fresh: readonly KnownTrouble[];
  readonly ongoing: readonly KnownTrouble[];
  readonly over: readonly KnownTrouble[];
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
/** Messages within an hour. What is more waits, and goes with the next one. */
const MAX_MESSAGES = 6;

/** What one receiver is to be told, by what it has been told. */
export function newsFor(before: Told, seen: Seen, nowMs: number): Decision {
  const now = new Date(nowMs).toISOString();
  const isWithin = (ms: number) => (at: string) => Math.abs(nowMs - Date.parse(at)) < ms;
  const known = Object.entries({ ...stillKnown(before, seen), ...nowKnown(before, seen, now) });
  const fresh = known.filter(([, { told, seen: runs }]) => told === null && runs >= RUNS);
  const over = known.filter(([, { told, gone }]) => told !== null && gone >= RUNS);
  const ongoing = known.filter(
    ([, { told, gone }]) => told !== null && gone === 0 && !isWithin(AGAIN_MS)(told),
  );
  const sent = before.sent.filter(isWithin(HOUR_MS));
  const hasNews = fresh.length + over.length + ongoing.length > 0;
  const toldNow = new Set([...fresh, ...ongoing]);
  const left = known.filter((entry) => !over.includes(entry));
  const confirmed = known.filter(([, { seen: runs, gone }]) => runs >= RUNS && gone < RUNS);
  return {
    news:
      hasNews && sent.length < MAX_MESSAGES
        ? { fresh: valuesOf(fresh), ongoing: valuesOf(ongoing), over: valuesOf(over) }
        : null,
    confirmed: valuesOf(confirmed),
    ifNot: { troubles: Object.fromEntries(known), sent },
    ifTaken: {
      troubles: Object.fromEntries(
        left.map((entry) => (toldNow.has(entry) ? [entry[0], { ...entry[1], told: now }] : entry)),
      ),
      sent: [...sent, now],
    },
  };
}

/** What is there now. What has been told and was gone for a run only is the same trouble still. */
function nowKnown(before: Told, { troubles }: Seen, now: string): Readonly<Record<string, KnownTrouble>> {
  return Object.fromEntries(
    troubles.map(({ key, ...words }) => {
      const known = Object.hasOwn(before.troubles, key) ? before.troubles[key] : undefined;
      const runs = Math.min((known?.seen ?? 0) + 1, RUNS);
      const { since = now, told = null } = known ?? {};
      return [key, { ...words, since, seen: runs, gone: 0, told }];
    }),
  );
}

/** What was there, is not now, and has to be told of still. What another node tells of is that node's from now on. */
function stillKnown(
  before: Told,
  { troubles, elsewhere, isBlind }: Seen,
): Readonly<Record<string, KnownTrouble>> {
  const there = new Set(troubles.map(({ key }) => key));
  const missing = Object.entries(before.troubles).filter(([key]) => !there.has(key));
  if (isBlind) return Object.fromEntries(missing);
  return Object.fromEntries(
    missing
      .filter(([key, { told }]) => told !== null && !elsewhere.has(key))
      .map(([key, known]) => [key, { ...known, gone: Math.min(known.gone + 1, RUNS) }]),
  );
}

function valuesOf(entries: readonly (readonly [string, KnownTrouble])[]): readonly KnownTrouble[] {
  return entries.map(([, known]) => known);
}
