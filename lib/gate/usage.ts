import type { X509Certificate } from 'node:crypto';
import { connections } from '../net/connections.ts';
import { isProbed, type Target } from '../cluster/target.ts';
import { within } from '../system/deadline.ts';
import type { Service } from '../cluster/service.ts';
import { servedCertificate, wantedOf, type ServedCertificate } from './served-certificate.ts';
import type { Whose } from '../lineage/leaf-index.ts';

/** Where a lineage was in use before its new certificate was put in place. */
export interface Usage {
  /** Whether a target has to serve the new certificate for this name: it showed a generation of the lineage or, where nothing could be seen, another does. */
  isUsed(target: Target, name: string): boolean;
  /** Whether what is shown there could not be seen: whoever looks again waits no longer than for the others; default: no. */
  wasBlind?(target: Target): boolean;
  /** Whose the certificate is that a target shows; absent: nobody knows. */
  readonly whose?: Whose;
}

/** As long as one handshake may take: whoever waits for this has a roll-out to do. */
const LOOK_TIMEOUT_MS = 5_000;

export interface UsageOptions {
  /** the new leaf */
  readonly certificate: X509Certificate;
  readonly names: readonly string[];
  /** where the configuration says that it is served: then nobody looks; default null, it does not say */
  readonly services?: readonly Service[] | null;
  /** of another certificate that is shown; default: nobody knows */
  readonly whose?: Whose;
  readonly signal: AbortSignal;
}

/**
 * Looks at all targets once, before a roll-out. Who shows an earlier generation has to show the new one afterwards. Who
 * shows none does not use the lineage, whatever else is shown for its names: another lineage's certificate, one that was bought, a
 * placeholder. Where nothing listens, or nothing can be seen, that is so as well unless another target uses it: then the web server
 * there is down.
 * Resolves within some seconds.
 */
export async function seeUsage(
  targets: readonly Target[],
  { certificate, names, services = null, whose = async () => null, signal }: UsageOptions,
): Promise<Usage> {
  if (services !== null) return { isUsed: () => true };
  const limit = within(signal, LOOK_TIMEOUT_MS);
  const seen = new Map<string, boolean | null>();
  const blind = new Set<string>();
  const look = async (target: Target, name: string) => {
    const wanted = wantedOf(certificate, { name });
    const served = await connections(async () => await servedCertificate(target, wanted, limit));
    // What the peers say of it may be under way still, which keeps nobody from a connection.
    seen.set(keyOf(target, name), await showsOne(served, whose));
    if (served.kind === 'unknown') blind.add(target.name);
    return served;
  };
  const lookAt = async (target: Target) => {
    const [first = '', ...others] = names;
    const served = await look(target, first);
    // Where nothing answers, asking for the others as well would take the time of the other targets.
    if ('isSilent' in served && served.isSilent)
      for (const name of others) seen.set(keyOf(target, name), await showsOne(served, whose));
    else await Promise.all(others.map(async (name) => await look(target, name)));
  };
  await Promise.all(targets.filter(isProbed).map(lookAt));
  const shown = (target: Target, name: string) => {
    const isShown = seen.get(keyOf(target, name));
    return isShown === undefined ? true : isShown;
  };
  return {
    whose,
    wasBlind: ({ name }) => blind.has(name),
    isUsed: (target, name) =>
      shown(target, name) ?? targets.some((other) => isProbed(other) && shown(other, name) === true),
  };
}

/** Whether it is a generation of the lineage, for whatever name; null where nothing listens or can be seen: a firewall, or another program. */
async function showsOne(seen: ServedCertificate, whose: Whose): Promise<boolean | null> {
  switch (seen.kind) {
    case 'none':
      return seen.isSilent ? null : false;
    case 'another':
    case 'foreign':
      return (await whose(seen.leaf)) === 'own';
    case 'wanted':
      return true;
    case 'unknown':
      return null;
  }
}

function keyOf({ name, address }: Target, of: string): string {
  return [name, address, of].join(' ');
}
