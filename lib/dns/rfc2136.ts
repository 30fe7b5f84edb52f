import { afterUnsure, failure, type Outcome } from '../base/outcome.ts';
import type { DnsSettings } from '../cluster/dns-settings.ts';
import { lookUp } from '../net/resolve.ts';
import { runLimits, type TimeLimit } from '../system/time-limit.ts';
import { changeAt, onceForEach, type Located } from './located.ts';
import { mayBeDone, sendUpdate, type Update } from './nsupdate.ts';
import type { Publisher } from './publisher.ts';
import { readTsigKey, type TsigKey } from './tsig-key.ts';
import type { NameServer, Zone } from './zones.ts';

type Settings = Extract<DnsSettings, { readonly provider: 'rfc2136' }>;

/**
 * Dynamic updates (RFC 2136) signed with a key (RFC 8945): all records of a zone in one, which the server carries out
 * whole or not at all.
 * @throws {CertbotHaError} `config` for a bad key file
 */
export function createRfc2136Publisher(settings: Settings, env: NodeJS.ProcessEnv): Publisher {
  const key = readTsigKey(settings.keyFile);
  const change = (action: Update['action']) =>
    changeAt(settings, async (places, { limit }) => {
      const changing = { settings, key, limit, env };
      return await onceForEach(
        places,
        ({ zone }) => zone,
        async (zone, own) => await changeZone(action, zone, own, changing),
      );
    });
  return { publish: change('add'), withdraw: change('delete'), close: async () => undefined };
}

interface ChangeOptions {
  readonly settings: Settings;
  readonly key: TsigKey;
  readonly limit: TimeLimit;
  readonly env: NodeJS.ProcessEnv;
}

/** At the server's first address that answers. */
async function changeZone(
  action: Update['action'],
  zone: Zone,
  places: readonly Located[],
  { settings: { server: given, port }, key, limit, env }: ChangeOptions,
): Promise<Outcome> {
  const server = await serverFor(zone, given, limit);
  const records = places.map(({ record, zone: { name } }) => ({ name, value: record.value }));
  let outcome: Outcome = failure(
    server.unresolved ?? { code: 'dns-primary-unresolved', zone: zone.zone, server: server.name },
  );
  let isUnsure = false;
  for (const address of server.addresses) {
    const update = { action, zone: zone.zone, records, key, server: { name: server.name, address, port } };
    outcome = afterUnsure(await sendUpdate(update, limit, env), isUnsure);
    isUnsure = mayBeDone(outcome);
    if (outcome.isOk || outcome.reason.code !== 'dns-server-silent') break;
  }
  return outcome;
}

/** The zone's primary, unless the configuration names a server. */
async function serverFor(zone: Zone, given: string | null, limit: TimeLimit): Promise<NameServer> {
  if (given === null) return zone.primary;
  const addresses = await lookUp(given, runLimits(limit));
  return { name: given, addresses: addresses ?? [] };
}
