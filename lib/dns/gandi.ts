import { expectedFindings } from '../base/expected.ts';
import { afterUnsure, failure, OK, type Outcome } from '../base/outcome.ts';
import type { DnsSettings } from '../cluster/dns-settings.ts';
import { layoutOf } from '../state/layout.ts';
import { makeStateDir } from '../state/state-dir.ts';
import { lockLimits, withLock } from '../system/lock.ts';
import { pause } from '../system/pause.ts';
import { createLiveDns, type LiveDns, type Place } from './livedns.ts';
import { changeAt, onceForEach, type Located, type Time } from './located.ts';
import type { Publisher } from './publisher.ts';
import { readTokenFile } from './token-file.ts';
import type { Zone } from './zones.ts';

type Settings = Extract<DnsSettings, { readonly provider: 'gandi' }>;

/** Another host may write the same name between our reading and our writing. */
const ATTEMPTS = 3;
/** One that has read a value before it was taken away has put it back by then. */
const PUT_BACK_BY_MS = 1_000;

/**
 * Gandi's LiveDNS, which has all values of a name in one record: they are read, changed and written under a lock of this
 * node's, and read again. What was taken away is looked for once more a second later.
 * @throws {CertbotHaError} `config` for a bad token file
 */
export function createGandiPublisher(settings: Settings, stateDir: string): Publisher {
  const { tokenFile, apiUrl } = settings;
  const api = createLiveDns({ apiUrl, token: readTokenFile(tokenFile), tokenFile });
  const changeAll = async (to: Change, places: readonly Located[], { limit, until }: Time) => {
    const written = new Set<string>();
    const changeName = async ({ name, zone }: Zone, own: readonly Located[]) => {
      const values = own.map(({ record }) => record.value);
      const onWritten = () => void written.add(name);
      return await changeValues(api, { name, zone, onWritten }, (there) => to(there, values), until);
    };
    const work = async () => await onceForEach(places, ({ name }) => name, changeName);
    try {
      await makeStateDir(stateDir);
      const outcomes = await withLock(layoutOf(stateDir).dns, work, lockLimits(limit));
      return { outcomes, written };
    } catch (error) {
      const [reason] = expectedFindings(error);
      return { outcomes: places.map(() => failure(reason)), written };
    }
  };
  const publish = changeAt(settings, async (places, time) => (await changeAll(added, places, time)).outcomes);
  const withdraw = changeAt(settings, async (places, time) => {
    const { outcomes, written } = await changeAll(removed, places, time);
    const again = places.filter(({ zone }, index) => written.has(zone.name) && outcomes[index]?.isOk);
    if (again.length > 0) await pause(PUT_BACK_BY_MS, time.until);
    if (again.length === 0 || time.until.aborted) return outcomes;
    const second = await changeAll(removed, again, time);
    return places.map((place, index) => second.outcomes[again.indexOf(place)] ?? outcomes[index] ?? OK);
  });
  return { mayBeOverwritten: true, publish, withdraw, close: api.close };
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

async function changeValues(
  api: LiveDns,
  { name, zone, onWritten }: Pick<Zone, 'name' | 'zone'> & { readonly onWritten: () => void },
  to: (there: readonly string[]) => readonly string[],
  signal: AbortSignal,
): Promise<Outcome> {
  const place: Place = { zone, name: name === zone ? '@' : name.slice(0, -zone.length - 1) };
  let mayBeDone = false;
  const onSent = () => {
    mayBeDone = true;
  };
  try {
    for (let attempt = 0; ; attempt += 1) {
      const there = await api.values(place, signal);
      const wanted = to(there);
      if (wanted.length === there.length) return OK;
      if (attempt === ATTEMPTS) return failure({ code: 'dns-values-lost', name });
      await api.replace(place, wanted, signal, onSent);
      onSent();
      onWritten();
    }
  } catch (error) {
    return afterUnsure(failure(expectedFindings(error)[0]), mayBeDone);
  }
}
