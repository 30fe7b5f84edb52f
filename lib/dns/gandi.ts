import { expectedFindings } from '../base/expected.ts';
import { failure, OK, type Outcome } from '../base/outcome.ts';
import type { DnsSettings } from '../cluster/dns-settings.ts';
import { layoutOf } from '../state/layout.ts';
import { makeStateDir } from '../state/state-dir.ts';
import { lockLimits, withLock } from '../system/lock.ts';
import { createLiveDns, type LiveDns, type Place } from './livedns.ts';
import { changeAt, onceForEach, type Located } from './located.ts';
import type { Publisher } from './publisher.ts';
import { readTokenFile } from './token-file.ts';
import type { Zone } from './zones.ts';

type Settings = Extract<DnsSettings, { readonly provider: 'gandi' }>;

/** Another host may write the same name between our reading and our writing. */
const ATTEMPTS = 3;

/**
 * Gandi's LiveDNS, which has all values of a name in one record: they are read, changed and written under a lock of this
 * node's, and read again.
 * @throws {CertbotHaError} `config` for a bad token file
 */
export function createGandiPublisher(settings: Settings, stateDir: string): Publisher {
  const { tokenFile, apiUrl } = settings;
  const api = createLiveDns({ apiUrl, token: readTokenFile(tokenFile), tokenFile });
  const change = (to: Change) =>
    changeAt(settings, async (places, { limit, until }) => {
      const changeName = async ({ name, zone }: Zone, own: readonly Located[]) => {
        const values = own.map(({ record }) => record.value);
        return await changeValues(api, { name, zone }, (there) => to(there, values), until);
      };
      const work = async () => await onceForEach(places, ({ name }) => name, changeName);
      try {
        await makeStateDir(stateDir);
        return await withLock(layoutOf(stateDir).dns, work, lockLimits(limit));
      } catch (error) {
        const [reason] = expectedFindings(error);
        return places.map(() => failure(reason));
      }
    });
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

async function changeValues(
  api: LiveDns,
  { name, zone }: Pick<Zone, 'name' | 'zone'>,
  to: (there: readonly string[]) => readonly string[],
  signal: AbortSignal,
): Promise<Outcome> {
  const place: Place = { zone, name: name === zone ? '@' : name.slice(0, -zone.length - 1) };
  try {
    for (let attempt = 0; ; attempt += 1) {
      const there = await api.values(place, signal);
      const wanted = to(there);
      if (wanted.length === there.length) return OK;
      if (attempt === ATTEMPTS) return failure({ code: 'dns-values-lost', name });
      await api.replace(place, wanted, signal);
    }
  } catch (error) {
    return failure(expectedFindings(error)[0]);
  }
}
