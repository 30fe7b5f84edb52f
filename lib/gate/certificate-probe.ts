import type { X509Certificate } from 'node:crypto';
import { timeOf, type Leaf } from '../lineage/generation.ts';
import { servedCertificate, wantedOf, type ServedCertificate, type Wanted } from './served-certificate.ts';
import type { ProbeResult, Probe } from './probe.ts';
import { runWithin } from '../system/deadline.ts';
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
const BLIND_LOOK_MS = 2_000;

/**
 * Sees whether a target serves the new certificate for a name (or an IP address, or a wildcard),
 * by a TLS handshake pinned to its address: the SHA-256 of the leaf must be the new one's.
 */
export function createCertificateProbe(options: CertificateProbeOptions): Probe<NameAt> {
  const lookAt = createLook(options);
  return async (target, nameAt, signal) => {
    const seen = await lookAt(target, nameAt, signal);
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
        return unseen(seen, { target, nameAt }, { ...options, isOver: signal.aborted });
    }
  };
}

type Look = (target: Target, nameAt: NameAt, signal: AbortSignal) => Promise<ServedCertificate>;

/**
 * What could not be seen before the roll-out, and is not asked for, gets a look that is over soon: the gate's time is that of the others.
 * Its other names share it.
 */
function createLook(options: CertificateProbeOptions): Look {
  const blind = new Map<string, { readonly seen: ServedCertificate; readonly untilMs: number }>();
  return async (target, nameAt, signal) => {
    const wanted = wantedOf(options.certificate, nameAt);
    const isBlind = options.usage.wasBlind?.(target) === true && !isExpected({ target, nameAt }, options);
    if (!isBlind) return await servedAgainAndAgain(target, wanted, signal);
    const last = blind.get(target.name);
    if (last !== undefined && performance.now() < last.untilMs) return last.seen;
    const seen = await runWithin(
      signal,
      BLIND_LOOK_MS,
      async (limit) => await servedAgainAndAgain(target, wanted, limit),
    );
    if (seen.kind === 'unknown' && !signal.aborted)
      blind.set(target.name, { seen, untilMs: performance.now() + BLIND_LOOK_MS });
    return seen;
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

/** What is shown there could not be seen: no failure where it could not before, and nobody else shows it. What was cut off with the gate tells nothing. */
function unseen(
  { reason, isSilent }: Extract<ServedCertificate, { readonly kind: 'unknown' }>,
  at: At,
  { isOver, ...options }: CertificateProbeOptions & { readonly isOver: boolean },
): ProbeResult {
  if (isOver || isDue(at, options)) return { state: isSilent ? 'silent' : 'failing', reason };
  const isCut = reason.code === 'no-time-left' || reason.code === 'connection-timed-out';
  const seen = isCut ? 'connection-timed-out' : 'tls-handshake-failed';
  return unused(at.target, { seen, names: [] });
}

/** Whether it has to be served there, or may still come. */
function isDue(at: At, options: CertificateProbeOptions): boolean {
  return isExpected(at, options) || !isSettled(options.reloadedAtMs);
}

/** Where the configuration says that it is served, it is in use. */
function isExpected(
  { target, nameAt: { name, service } }: At,
  { usage }: Pick<CertificateProbeOptions, 'usage'>,
): boolean {
  return service !== null || usage.isUsed(target, name);
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
