import * as v from 'valibot';
import { CertbotHaError } from '../base/errors.ts';
import { isSystemError } from '../base/expected.ts';
import { MINUTE_MS } from '../system/spans.ts';
import { valueIn, writeJsonFile, type OnDamage } from './json-file.ts';
import { layoutOf } from './layout.ts';

/**
 * What a place that is known for its silence is given to accept a connection, which a host that is up does within milliseconds,
 * whatever it has to do: less than the second after which TCP asks again. Once it has, its agent is given a little more to say its
 * first word: three hooks a lineage wait for one that says none. `all`: with the look-up of its name, which has more than half of it.
 */
export const SHORT_CHANCE_MS = { accept: 300, speak: 400, all: 2_000 } as const;
/** How long nothing has to answer to be noted. */
export const NOTED_AFTER_MS = 500;
/** How long nothing has to be said over a connection that was accepted: systemd accepts for an agent that it has yet to start. */
export const MUTE_AFTER_MS = 2_000;
/** Since it was given its whole chance: it gets the next one then, however often it is asked meanwhile. */
const KNOWN_FOR_MS = 10 * MINUTE_MS;
const SAVE_WAIT_MS = 2_000;
/** Far more places than a cluster has. */
const MAX_PLACES = 512;

/** milliseconds since the epoch, by place */
const silentSchema = v.record(v.string(), v.number());

/**
 * `stateDir/silent.json`: where nothing has answered a moment ago. certbot renews one lineage after another, with three
 * hooks each: a node that is off would cost each of them its time-outs. A damaged file counts as absent, and so does a time
 * that is yet to come. A place is the address of a node's agent, or of its web server as `silentWebServer` calls it.
 */
export interface SilentNodes {
  /** When nothing has answered at a place, in milliseconds since the epoch; null: that is not known, too long ago, or something has answered since. */
  silentAt(place: string): Promise<number | null>;
  /** Notes it for `save`: that nothing has answered in the time that everybody is given, or that something has. */
  saw(place: string, isSilent: boolean): void;
  /** Adds what is news to what others have written down. Whatever keeps it from that, the next program waits longer. */
  save(): Promise<void>;
}

export function createSilentNodes(stateDir: string, onDamage: OnDamage = () => undefined): SilentNodes {
  const { silent: file, backup } = layoutOf(stateDir);
  const news = new Map<string, number | null>();
  let reading: Promise<ReadonlyMap<string, number>> | null = null;

  async function read(): Promise<ReadonlyMap<string, number>> {
    const known = Object.entries((await valueIn(file, silentSchema, onDamage).catch(() => null)) ?? {});
    const nowMs = Date.now();
    return new Map(known.filter(([, atMs]) => atMs <= nowMs && nowMs - atMs < KNOWN_FOR_MS));
  }

  /** Read again: one hook has several of these, and a sync may run beside it. */
  async function write(): Promise<void> {
    const known = new Map(await read());
    for (const [place, atMs] of news) {
      if (atMs === null) known.delete(place);
      else known.set(place, atMs);
    }
    const newest = [...known].toSorted(([, one], [, other]) => other - one).slice(0, MAX_PLACES);
    const options = { mode: 0o644, isDurable: false };
    await writeJsonFile(file, Object.fromEntries(newest), options, backup);
  }

  return {
    async silentAt(place) {
      const seen = news.get(place);
      return seen === undefined ? ((await (reading ??= read())).get(place) ?? null) : seen;
    },
    saw: (place, isSilent) => void news.set(place, isSilent ? Date.now() : null),
    async save() {
      if (news.size === 0) return;
      const before = await read();
      const isNews = [...news].some(([place, atMs]) => atMs !== null || before.has(place));
      if (!isNews) return;
      try {
        // Imported late: as a rule there is nothing to write down.
        const { withLock } = await import('../system/lock.ts');
        await withLock(file, write, { waitMs: SAVE_WAIT_MS });
      } catch (error) {
        if (!isSystemError(error) && !(error instanceof CertbotHaError)) throw error;
      }
    },
  };
}

/** The same for who gives everybody the whole chance, and notes what comes of it. */
export function patiently(silent: SilentNodes): SilentNodes {
  return { ...silent, silentAt: async () => null };
}

/** What a node's web server is called there: a firewall may let one of web server and agent through. */
export function silentWebServer({
  address,
  httpPort,
}: {
  readonly address: string;
  readonly httpPort: number;
}): string {
  return `${address} ${httpPort}`;
}
