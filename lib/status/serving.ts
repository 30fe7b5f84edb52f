import type { Service } from '../cluster/service.ts';
import type { Target } from '../cluster/target.ts';
import { servedCertificate, type ServedCertificate } from '../gate/served-certificate.ts';
import type { Whose } from '../lineage/leaf-index.ts';
import { connections } from '../net/connections.ts';
import type { Known } from './newest.ts';

/** What is shown to who asks for a lineage; `unseen`: there was no time to look. */
export type Serves = 'newest' | 'another' | 'foreign' | 'nothing' | 'unseen';
export type Serving = (target: Target, known: Known, services: readonly Service[] | null) => Promise<Serves>;

/** What is worst comes first. */
const RANKS: readonly Serves[] = ['another', 'nothing', 'foreign', 'unseen', 'newest'];

/** What targets serve. One that has not answered is not asked for every other lineage as well: that would take the time of those that do. */
export function createServing(signal: AbortSignal, whoseOf: (lineage: string) => Whose): Serving {
  const silent = new Set<string>();
  const look = async (
    target: Target,
    { lineage, names, leaf }: Known,
    service: Service | null,
  ): Promise<Serves> =>
    await connections(async () => {
      const place = `${target.name} ${service?.port ?? ''}`;
      if (silent.has(place)) return 'nothing';
      const [name = ''] = names;
      const wanted = { sha256: leaf.sha256, name, keyType: null, service };
      const seen = await servedCertificate(target, wanted, signal);
      if (isCutOff(seen)) return 'unseen';
      if (isMute(seen)) silent.add(place);
      // Where the configuration says that it is served, another lineage's is in its place.
      if (!('leaf' in seen) || service !== null) return servesOf(seen);
      return (await whoseOf(lineage)(seen.leaf)) === 'own' ? 'another' : 'foreign';
    });
  return async (target, known, services) => {
    const places = (services ?? [null]).map(async (service) => await look(target, known, service));
    const seen = await Promise.all(places);
    return RANKS.find((one) => seen.includes(one)) ?? 'nothing';
  };
}

function isCutOff(seen: ServedCertificate): boolean {
  return seen.kind === 'unknown' && seen.reason.code === 'no-time-left';
}

/** Whoever does not answer, or accepts a connection and says nothing, does so for every name. */
export function isMute(seen: ServedCertificate): boolean {
  return seen.kind === 'unknown' && (seen.isSilent || seen.reason.code === 'tls-handshake-slow');
}

function servesOf({ kind }: ServedCertificate): Serves {
  switch (kind) {
    case 'wanted':
      return 'newest';
    case 'another':
    case 'foreign':
      return kind;
    case 'none':
    case 'unknown':
      return 'nothing';
  }
}
