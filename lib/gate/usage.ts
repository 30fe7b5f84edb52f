import type { X509Certificate } from 'node:crypto';
import { connections } from '../net/connections.ts';
import { isProbed, type Target } from '../cluster/target.ts';
import { within } from '../system/deadline.ts';
import type { Service } from '../cluster/service.ts';
import { servedCertificate, wantedOf, type ServedCertificate, type Wanted } from './served-certificate.ts';

/** Where a lineage was in use before its new certificate was put in place. */
export interface Usage {
  /** Whether a target has to serve the new certificate for this name: it served one of that name, or nobody could see. */
  isUsed(target: Target, name: string): boolean;
  /** Whether what is served is a certificate of another lineage; absent: nobody knows. */
  readonly isOfAnother?: Wanted['isOfAnother'];
}

/** As long as one handshake may take: whoever waits for this has a roll-out to do. */
const LOOK_TIMEOUT_MS = 5_000;

export interface UsageOptions {
  /** the new leaf */
  readonly certificate: X509Certificate;
  readonly names: readonly string[];
  /** where the configuration says that it is served: then nobody looks; default null, it does not say */
  readonly services?: readonly Service[] | null;
  /** of another certificate that is shown for a name: whether it is another lineage's; default: nobody knows */
  readonly isOfAnother?: Wanted['isOfAnother'];
  readonly signal: AbortSignal;
}

/**
 * Looks at all targets once, before a roll-out. Who shows a certificate of a name has to show the new one afterwards; who
 * shows another name's, another lineage's or none does not use the lineage. Where nothing listens, that is so as well unless another target
 * uses it: then the web server there is down. Resolves within some seconds.
 */
export async function seeUsage(
  targets: readonly Target[],
  { certificate, names, services = null, isOfAnother, signal }: UsageOptions,
): Promise<Usage> {
  if (services !== null) return { isUsed: () => true };
  const limit = within(signal, LOOK_TIMEOUT_MS);
  const seen = new Map<string, ServedCertificate>();
  const look = async (target: Target, name: string) =>
    await connections(async () => {
      const wanted = { ...wantedOf(certificate, { name }), ...(isOfAnother && { isOfAnother }) };
      const served = await servedCertificate(target, wanted, limit);
      seen.set(keyOf(target, name), served);
      return served;
    });
  const lookAt = async (target: Target) => {
    const [first = '', ...others] = names;
    const served = await look(target, first);
    // Where nothing answers, asking for the others as well would take the time of the other targets.
    if ('isSilent' in served && served.isSilent)
      for (const name of others) seen.set(keyOf(target, name), served);
    else await Promise.all(others.map(async (name) => await look(target, name)));
  };
  await Promise.all(targets.filter(isProbed).map(lookAt));
  const shown = (target: Target, name: string) => showsOne(seen.get(keyOf(target, name)));
  return {
    ...(isOfAnother && { isOfAnother }),
    isUsed: (target, name) =>
      shown(target, name) ?? targets.some((other) => isProbed(other) && shown(other, name) === true),
  };
}

/** Null where nothing listens. */
function showsOne(seen: ServedCertificate | undefined): boolean | null {
  switch (seen?.kind) {
    case 'none':
      return seen.isSilent ? null : false;
    case 'foreign':
      return false;
    case 'wanted':
    case 'another':
    case 'unknown':
    case undefined:
      return true;
  }
}

function keyOf({ name, address }: Target, of: string): string {
  return [name, address, of].join(' ');
}
