import pLimit from 'p-limit';
import { expectedFindings } from '../base/expected.ts';
import { failure, OK, type Outcome } from '../base/outcome.ts';
import type { TxtRecord } from '../challenge/dns-01.ts';
import type { DnsSettings } from '../cluster/dns-settings.ts';
import { layoutOf } from '../state/layout.ts';
import { makeStateDir } from '../state/state-dir.ts';
import { within } from '../system/deadline.ts';
import { lockLimits, withLock } from '../system/lock.ts';
import { timeLimit } from '../system/time-limit.ts';
import { createLiveDns, type LiveDns, type Place } from './livedns.ts';
import { located, type Located, type OnPlaced } from './located.ts';
import type { Publisher } from './publisher.ts';
import { readTokenFile } from './token-file.ts';

type Settings = Extract<DnsSettings, { readonly provider: 'gandi' }>;

const NAMES_AT_ONCE = 4;
/** Another host may write the same name between our reading and our writing. */
const ATTEMPTS = 3;

/**
 * Gandi's LiveDNS, which has all values of a name in one record: they are read, changed and written under a lock of this
 * node's, and read again.
 * @throws {CertbotHaError} `config` for a bad token file
 */
export function createGandiPublisher(settings: Settings, stateDir: string): Publisher {
  const { tokenFile, apiUrl, resolvers, timeoutMs } = settings;
  const api = createLiveDns({ apiUrl, token: readTokenFile(tokenFile), tokenFile });
  const change =
    (to: Change) =>
    async (
      records: readonly TxtRecord[],
      signal: AbortSignal,
      onPlaced?: OnPlaced,
    ): Promise<readonly Outcome[]> => {
      const limit = timeLimit(timeoutMs, signal);
      const until = within(signal, timeoutMs);
      return await located(records, { resolvers, signal: until, onPlaced }, async (places) => {
        const work = async () => await changeAll(api, to, places, until);
        try {
          await makeStateDir(stateDir);
          return await withLock(layoutOf(stateDir).dns, work, lockLimits(limit));
        } catch (error) {
          const [reason] = expectedFindings(error);
          return places.map(() => failure(reason));
        }
      });
    };
  return { mayBeOverwritten: true, publish: change(added), withdraw: change(removed), close: api.close };
}

/** What becomes of the values that are there. */
type Change = (there: readonly string[], values: readonly string[]) => readonly string[];

const added: Change = (there, values) => {
  const has = new Set(there.map(unquoted));
  return [...there, ...new Set(values.filter((value) => !has.has(value)).map((value) => `"${value}"`))];
};

const removed: Change = (there, values) => there.filter((value) => !values.includes(unquoted(value)));

function unquoted(value: string): string {
  return value.replaceAll('"', '');
}

async function changeAll(
  api: LiveDns,
  to: Change,
  places: readonly Located[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const names = [...new Set(places.map(({ zone }) => zone.name))];
  const many = pLimit(NAMES_AT_ONCE);
  const outcomes = await many.map(names, async (name) => {
    const own = places.filter(({ zone }) => zone.name === name);
    return [name, await changeName(api, to, own, signal)] as const;
  });
  const byName = new Map(outcomes);
  return places.map(({ zone }) => byName.get(zone.name) ?? OK);
}

async function changeName(
  api: LiveDns,
  to: Change,
  places: readonly Located[],
  signal: AbortSignal,
): Promise<Outcome> {
  const [first] = places;
  if (first === undefined) return OK;
  const { name, zone } = first.zone;
  const place: Place = { zone, name: name === zone ? '@' : name.slice(0, -zone.length - 1) };
  const values = places.map(({ record }) => record.value);
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const there = await api.values(place, signal);
      const wanted = to(there, values);
      if (wanted.length === there.length) return OK;
      await api.replace(place, wanted, signal);
    }
    const there = await api.values(place, signal);
    return to(there, values).length === there.length ? OK : failure({ code: 'dns-values-lost', name });
  } catch (error) {
    return failure(expectedFindings(error)[0]);
  }
}
