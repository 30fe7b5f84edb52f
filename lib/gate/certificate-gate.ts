import type { Lineage } from '../lineage/lineage.ts';
import { createCertificateProbe } from './certificate-probe.ts';
import { holdGate } from './gate.ts';
import type { Service } from '../cluster/service.ts';
import type { Target } from '../cluster/target.ts';
import { namesAt, wordsOfNameAt } from './name-at.ts';
import type { Usage } from './usage.ts';
import type { Verdict } from './verdict.ts';

export interface CertificateGateOptions {
  readonly targets: readonly Target[];
  readonly names: readonly string[];
  /** where the configuration says that each target serves it; null: on httpsPort, if it is in use there */
  readonly services: readonly Service[] | null;
  /** where they were in use before */
  readonly usage: Usage;
  /** milliseconds for all of it */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Holds until every target that is looked at has been seen to serve a lineage's leaf for every name; called right after a reload. */
export async function holdCertificateGate(
  { leaf, generations }: Lineage,
  { names, services, usage, ...options }: CertificateGateOptions,
): Promise<Verdict> {
  return await holdGate({
    ...options,
    subjects: namesAt(names, services),
    nameOf: wordsOfNameAt,
    probe: createCertificateProbe({
      certificate: leaf,
      isFirst: generations === 1,
      usage,
      reloadedAtMs: performance.now(),
    }),
    require: 'all',
  });
}
