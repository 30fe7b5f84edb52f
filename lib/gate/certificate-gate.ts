import type { Lineage } from '../lineage/lineage.ts';
import { createCertificateProbe } from './certificate-probe.ts';
import { holdGate } from './gate.ts';
import type { Target } from '../cluster/target.ts';
import type { Usage } from './usage.ts';
import type { Verdict } from './verdict.ts';

export interface CertificateGateOptions {
  readonly targets: readonly Target[];
  readonly names: readonly string[];
  /** where they were in use before */
  readonly usage: Usage;
  /** milliseconds for all of it */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Holds until every target has been seen to serve a lineage's leaf for every name; called right after a reload. */
export async function holdCertificateGate(
  { leaf, generations }: Lineage,
  { names, usage, ...options }: CertificateGateOptions,
): Promise<Verdict> {
  return await holdGate({
    ...options,
    subjects: names,
    nameOf: (name) => name,
    probe: createCertificateProbe({
      certificate: leaf,
      isFirst: generations === 1,
      usage,
      reloadedAtMs: performance.now(),
    }),
    require: 'all',
  });
}
