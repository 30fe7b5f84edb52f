import type { X509Certificate } from 'node:crypto';
import { timeOf, type Leaf } from '../lineage/generation.ts';
import { servedCertificate, wantedOf, type ServedCertificate, type Wanted } from './served-certificate.ts';
import type { ProbeResult, Probe } from './probe.ts';
import type { Target } from '../cluster/target.ts';
import type { Finding, FindingOf } from '../findings/register.ts';
import type { Usage } from './usage.ts';
import type { NoCertificate } from './handshake.ts';
import type { NameAt } from './name-at.ts';

type NotInUse = FindingOf<'not-in-use'>;

export interface CertificateProbeOptions {
  /** the new leaf */
  readonly certificate: X509Certificate;
  /** it is the first of its lineage, so no web server's configuration can name it yet */
  readonly isFirst: boolean;
  /** where it has to be served */
  readonly usage: Usage;
  /** when the web server was told to reload, as performance.now() counts */
  readonly reloadedAtMs: number;
}

/** A reload has ended before the new workers accept connections, so what is missing right after it may still come. */
const SETTLED_AFTER_MS = 1_000;
const HANDSHAKES_IN_A_ROW = 3;

/**
 * Sees whether a target serves the new certificate for a name (or an IP address, or a wildcard),
 * by a TLS handshake pinned to its address: the SHA-256 of the leaf must be the new one's.
 */
export function createCertificateProbe(options: CertificateProbeOptions): Probe<NameAt> {
  return async (target, nameAt, signal) => {
    const seen = await servedAgainAndAgain(target, wantedOf(options.certificate, nameAt), signal);
    switch (seen.kind) {
      case 'wanted':
        return { state: 'served' };
      case 'another':
        return (await isOfAnother(seen.leaf, { target, nameAt }, options))
          ? unused(target, { seen: 'other-lineage-served', names: [nameAt.name] })
          : { state: 'stale', reason: explainStale(seen.leaf, options) };
      case 'foreign':
        return absent(
          'failing',
          { code: 'other-names-served', names: seen.names },
          { target, nameAt },
          options,
        );
      case 'none':
        // Where it is silent, nothing listens.
        return absent(seen.isSilent ? 'silent' : 'failing', seen.reason, { target, nameAt }, options);
      case 'unknown':
        return { state: seen.isSilent ? 'silent' : 'failing', reason: seen.reason };
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

function explainStale({ serial, notBefore }: Leaf, { isFirst }: CertificateProbeOptions): Finding {
  return {
    code: 'other-certificate-served',
    serial,
    notBefore: timeOf(notBefore),
    since: isFirst ? 'configuration' : 'reload',
  };
}

/** Nothing there presents a certificate for the name: no failure where nothing did before. */
function absent(
  state: 'failing' | 'silent',
  reason: NoCertificate | FindingOf<'other-names-served'>,
  { target, nameAt: { name, service } }: { readonly target: Target; readonly nameAt: NameAt },
  { usage, reloadedAtMs }: CertificateProbeOptions,
): ProbeResult {
  // Where the configuration says that it is served, it is in use.
  if (service !== null || reason.code === 'starttls-refused' || reason.code === 'starttls-not-spoken') {
    return { state, reason };
  }
  if (usage.isUsed(target, name) || !isSettled(reloadedAtMs)) return { state, reason };
  const names = 'names' in reason ? reason.names : [];
  const alert = 'alert' in reason ? reason.alert : '';
  return unused(target, { seen: reason.code, names, alert });
}

function isSettled(reloadedAtMs: number): boolean {
  return performance.now() - reloadedAtMs >= SETTLED_AFTER_MS;
}

/** Another lineage has the name as well, and is what this target has used so far. */
async function isOfAnother(
  leaf: Leaf,
  { target, nameAt: { name, service } }: { readonly target: Target; readonly nameAt: NameAt },
  { usage, reloadedAtMs }: CertificateProbeOptions,
): Promise<boolean> {
  if (service !== null || usage.isUsed(target, name) || !isSettled(reloadedAtMs)) return false;
  return (await usage.isOfAnother?.(leaf)) === true;
}

function unused(
  { httpsPort: port }: Target,
  { alert = '', ...shown }: Pick<NotInUse, 'seen' | 'names'> & Partial<Pick<NotInUse, 'alert'>>,
): ProbeResult {
  return { state: 'unused', reason: { code: 'not-in-use', port, ...shown, alert } };
}
