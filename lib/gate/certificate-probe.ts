import type { X509Certificate } from 'node:crypto';
import { timeOf, type Leaf } from '../lineage/generation.ts';
import { servedCertificate, wantedOf, type ServedCertificate, type Wanted } from './served-certificate.ts';
import type { ProbeResult, Probe } from './probe.ts';
import type { Target } from '../cluster/target.ts';

export interface CertificateProbeOptions {
  /** the new leaf */
  readonly certificate: X509Certificate;
  /** it is the first of its lineage, so no web server's configuration can name it yet */
  readonly isFirst: boolean;
  /** when the web server was told to reload, as performance.now() counts */
  readonly reloadedAtMs: number;
}

/** A reload has ended before the new workers accept connections, so what is missing right after it may still come. */
const SETTLED_AFTER_MS = 1_000;
const HANDSHAKES_IN_A_ROW = 3;
const MAX_NAMES_SHOWN = 3;

/**
 * Sees whether a target serves the new certificate for a name (or an IP address, or a wildcard),
 * by a TLS handshake pinned to its address: the SHA-256 of the leaf must be the new one's.
 */
export function createCertificateProbe(options: CertificateProbeOptions): Probe<string> {
  return async (target, name, signal) => {
    const seen = await servedAgainAndAgain(target, wantedOf(options.certificate, name), signal);
    switch (seen.kind) {
      case 'wanted':
        return { state: 'served' };
      case 'another':
        return { state: 'stale', reason: explainStale(seen.leaf, options) };
      case 'foreign': {
        const reason = `serves a certificate for other names (${listed(seen.names)})`;
        const advice = 'does its configuration name this lineage?';
        return absent({ state: 'failing', reason: `${reason}: ${advice}` }, reason, options);
      }
      case 'none': {
        const reason = `port ${target.httpsPort}: ${seen.reason}`;
        // Nothing listens there.
        if (seen.isSilent)
          return absent({ state: 'silent', reason: advise(reason, target) }, reason, options);
        return absent({ state: 'failing', reason }, reason, options);
      }
      case 'unknown': {
        const reason = `port ${target.httpsPort}: ${seen.reason}`;
        return { state: seen.isSilent ? 'silent' : 'failing', reason };
      }
    }
  };
}

/** Workers that are on their way out may still answer with the old one: once is chance. */
async function servedAgainAndAgain(
  target: Target,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<ServedCertificate> {
  let seen = await servedCertificate(target, wanted, signal);
  for (let handshake = 1; handshake < HANDSHAKES_IN_A_ROW && seen.kind === 'wanted'; handshake += 1) {
    seen = await servedCertificate(target, wanted, signal);
  }
  return seen;
}

function explainStale({ serial, notBefore }: Leaf, { isFirst }: CertificateProbeOptions): string {
  const question = isFirst ? 'does its configuration name the new one?' : 'has it been reloaded?';
  return `serves another certificate of this name (serial ${serial}, not before ${timeOf(notBefore)}): ${question}`;
}

/** Nothing there presents a certificate for the name: no failure for a lineage that is new. */
function absent(
  look: ProbeResult,
  reason: string,
  { isFirst, reloadedAtMs }: CertificateProbeOptions,
): ProbeResult {
  const isSettled = performance.now() - reloadedAtMs >= SETTLED_AFTER_MS;
  return isFirst && isSettled ? { state: 'unused', reason: `not in use yet: ${reason}` } : look;
}

function listed(names: readonly string[]): string {
  const more = names.length - MAX_NAMES_SHOWN;
  const shown = names.slice(0, MAX_NAMES_SHOWN).join(', ') || 'none';
  return more > 0 ? `${shown} and ${more} more` : shown;
}

function advise(reason: string, { kind }: Target): string {
  return kind === 'vip'
    ? `${reason}: does its holder's web server listen on it?`
    : `${reason}: is the web server running?`;
}
