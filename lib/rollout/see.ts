import type { Target } from '../cluster/target.ts';
import { servedCertificate, wantedOf, type ServedCertificate } from '../gate/served-certificate.ts';
import type { Verdict } from '../gate/verdict.ts';
import { connections } from '../net/connections.ts';
import { runWithin } from '../system/deadline.ts';
import { gate } from './activate.ts';
import type { Activation } from './activation.ts';

/** What can be seen of a certificate that is put to use. */
export interface Sight {
  /** Waits until all these targets serve it. */
  gate(targets: readonly Target[]): Promise<Verdict>;
  /** What a target serves now in its place, where it is looked at first. */
  probe(target: Target): Promise<ServedCertificate>;
}

const PROBE_TIMEOUT_MS = 10_000;

export function sightOf(activation: Activation): Sight {
  const { lineage, services, signal } = activation;
  const service = services?.[0] ?? null;
  return {
    gate: async (targets) => await gate(targets, activation),
    probe: async (target) => {
      const wanted = wantedOf(lineage.leaf, { service });
      const look = async (limit: AbortSignal) => await servedCertificate(target, wanted, limit);
      return await connections(async () => await runWithin(signal, PROBE_TIMEOUT_MS, look));
    },
  };
}
