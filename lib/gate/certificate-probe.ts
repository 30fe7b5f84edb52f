import type { X509Certificate } from 'node:crypto';
import { timeOf } from '../lineage/generation.ts';
import { covers } from '../lineage/covers.ts';
import { namesOf } from '../lineage/names.ts';
import { concreteName, endpointFor, lookFor } from './served-certificate.ts';
import type { ProbeResult, Probe } from './probe.ts';
import type { Target } from '../cluster/target.ts';
import type { Endpoint, Handshake } from './tls-handshake.ts';

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
const STALE = 'serves another certificate of this name';
const LOOKS_IN_A_ROW = 3;
const MAX_NAMES_SHOWN = 3;

/**
 * Looks whether a target serves the new certificate for a name (or an IP address, or a wildcard),
 * by a TLS handshake pinned to its address: the SHA-256 of the leaf must be the new one's.
 */
export function createCertificateProbe(options: CertificateProbeOptions): Probe<string> {
  return async (target, name, signal) => {
    const host = concreteName(name);
    const port = target.httpsPort;
    const endpoint = endpointFor(target, name);
    const seen = await lookSeveralTimes(endpoint, options.certificate, signal);
    switch (seen.kind) {
      case 'certificate':
        return judge(seen.certificate, host, options);
      case 'none': {
        const reason = `port ${port}: ${seen.reason}`;
        const look: ProbeResult = {
          state: seen.isSilent ? 'silent' : 'failing',
          reason: advise(reason, target),
        };
        return absent(look, reason, options);
      }
      case 'unknown':
        return { state: seen.isSilent ? 'silent' : 'failing', reason: `port ${port}: ${seen.reason}` };
    }
  };
}

/** Workers that are on their way out may still answer with the old one: once is chance. */
async function lookSeveralTimes(
  endpoint: Endpoint,
  wanted: X509Certificate,
  signal: AbortSignal,
): Promise<Handshake> {
  let seen = await lookFor(wanted, endpoint, signal);
  for (let look = 1; look < LOOKS_IN_A_ROW; look += 1) {
    if (seen.kind !== 'certificate' || seen.certificate.fingerprint256 !== wanted.fingerprint256) return seen;
    seen = await lookFor(wanted, endpoint, signal);
  }
  return seen;
}

function judge(seen: X509Certificate, host: string, options: CertificateProbeOptions): ProbeResult {
  if (seen.fingerprint256 === options.certificate.fingerprint256) return { state: 'served' };
  const names = namesOf(seen);
  if (covers(names, host)) {
    const which = `serial ${seen.serialNumber}, not before ${timeOf(seen.validFrom)}`;
    const question = options.isFirst ? 'does its configuration name the new one?' : 'has it been reloaded?';
    return { state: 'failing', reason: `${STALE} (${which}): ${question}` };
  }
  const reason = `serves a certificate for other names (${listed(names)})`;
  return absent(
    { state: 'failing', reason: `${reason}: does its configuration name this lineage?` },
    reason,
    options,
  );
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
  if (!reason.endsWith('connection refused')) return reason;
  return kind === 'vip'
    ? `${reason}: does its holder's web server listen on it?`
    : `${reason}: is the web server running?`;
}

/** Whether a look failed because the name is served with another certificate, and not because it is not served at all. */
export function isStale(reason: string | null): boolean {
  return reason?.startsWith(STALE) === true;
}
