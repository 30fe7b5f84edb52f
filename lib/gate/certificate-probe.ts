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
      case 'foreign':
        return await shownInstead(seen, { target, nameAt }, options);
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

function explainStale(leaf: Leaf, { isFirst }: CertificateProbeOptions): Finding {
  const since = isFirst ? 'configuration' : 'reload';
  return { code: 'other-certificate-served', ...identityOf(leaf), since };
}

function identityOf({ serial, notBefore }: Leaf) {
  return { serial, notBefore: timeOf(notBefore) };
}

interface At {
  readonly target: Target;
  readonly nameAt: NameAt;
}

/** A generation of the lineage that is shown shows that it is in use; whatever else is no failure where none was shown before. */
async function shownInstead(
  seen: Extract<ServedCertificate, { readonly kind: 'another' | 'foreign' }>,
  at: At,
  options: CertificateProbeOptions,
): Promise<ProbeResult> {
  const { leaf } = seen;
  const whose = (await options.usage.whose?.(leaf)) ?? null;
  const stale = { state: 'stale', reason: explainStale(leaf, options) } as const;
  if (whose === 'own') return stale;
  if (seen.kind === 'foreign')
    return absent('failing', { code: 'other-names-served', names: seen.names }, at, options);
  if (isDue(at, options)) return stale;
  const { target, nameAt } = at;
  const names = [nameAt.name];
  if (whose === 'other') return unused(target, { seen: 'other-lineage-served', names });
  return unused(target, { seen: 'other-certificate-served', names, ...identityOf(leaf) });
}

/** Nothing there presents a certificate for the name: no failure where nothing did before. */
function absent(
  state: 'failing' | 'silent',
  reason: NoCertificate | FindingOf<'other-names-served'>,
  at: At,
  options: CertificateProbeOptions,
): ProbeResult {
  const { code } = reason;
  if (code === 'starttls-refused' || code === 'starttls-not-spoken') return { state, reason };
  if (isDue(at, options)) return { state, reason };
  const names = 'names' in reason ? reason.names : [];
  const alert = 'alert' in reason ? reason.alert : '';
  return unused(at.target, { seen: code, names, alert });
}

/** Whether it has to be served there, or may still come. Where the configuration says that it is served, it is in use. */
function isDue(
  { target, nameAt: { name, service } }: At,
  { usage, reloadedAtMs }: CertificateProbeOptions,
): boolean {
  return service !== null || usage.isUsed(target, name) || !isSettled(reloadedAtMs);
}

function isSettled(reloadedAtMs: number): boolean {
  return performance.now() - reloadedAtMs >= SETTLED_AFTER_MS;
}

function unused(
  { httpsPort: port }: Target,
  shown: Pick<NotInUse, 'seen' | 'names'> & Partial<NotInUse>,
): ProbeResult {
  const nothing = { alert: '', serial: null, notBefore: null };
  return { state: 'unused', reason: { ...nothing, ...shown, code: 'not-in-use', port } };
}
