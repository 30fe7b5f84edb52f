import { attempted } from '../base/expected.ts';
import type { ClusterNode } from '../cluster/config.ts';
import type { Finding } from '../findings/register.ts';
import { bundleOfDeletion, idOfDeletion, type Deletion } from '../lineage/deletion.ts';
import { isInstalled, type InstallResult, type Unknown } from '../state/results.ts';
import { isInterrupted, within } from '../system/deadline.ts';
import { LIMITS } from '../system/limits.ts';
import type { Delivery } from '../transports/delivery.ts';

/**
 * How a deletion ended on a node:
 * - `done`: it is gone there, or could go, or is none of certbot-ha's there
 * - `refused`: its web server's configuration names it, or its version knows no deletions
 * - `silent`: the node has not been reached, or could not for now
 * - `untold`: it was handed over, and nobody may read the answer
 */
export interface DeletionEnding {
  readonly node: ClusterNode;
  readonly state: 'done' | 'refused' | 'silent' | 'untold';
  /** as its installer calls it; null where it has not answered */
  readonly result: InstallResult['state'] | null;
  readonly findings: readonly Finding[];
  /** how long that took, in milliseconds; absent: it was not tried */
  readonly ms?: number;
}

interface Bringing {
  readonly delivery: Delivery;
  readonly signal: AbortSignal;
}

/** Brings a deletion to a peer, and waits for its installer. */
export async function bringDeletion(
  node: ClusterNode,
  deletion: Deletion,
  bringing: Bringing,
): Promise<DeletionEnding> {
  const startedMs = performance.now();
  const ending = await bring(node, deletion, bringing);
  return { ...ending, ms: performance.now() - startedMs };
}

async function bring(
  node: ClusterNode,
  deletion: Deletion,
  { delivery, signal }: Bringing,
): Promise<DeletionEnding> {
  const [id, parcel] = [idOfDeletion(deletion), bundleOfDeletion(deletion)];
  const silent = (found: Finding) => ({ node, state: 'silent', result: null, findings: [found] }) as const;
  const staged = await attempted(
    async () => await delivery.stage(node, parcel, within(signal, LIMITS.sendMs)),
  );
  if (!staged.isOk) return silent(staged.reason);
  const release = { id, stamp: deletion.stamp };
  const activated = await attempted(
    async () => await delivery.activate(node, release, within(signal, LIMITS.sendMs)),
  );
  if (!activated.isOk) return silent(activated.reason);
  const result = await delivery.result(node, id, within(signal, LIMITS.resultMs));
  if (isInterrupted(signal) && (result === null || !isInstalled(result.state)))
    return silent({ code: 'answer-wait-interrupted' });
  return result === null ? silent({ code: 'installer-silent' }) : endingOf(node, result);
}

function endingOf(node: ClusterNode, result: InstallResult | Unknown): DeletionEnding {
  // No answer is no consent: a forced rrsync -wo, or a file server that has gone away.
  if (result.state === 'unknown') return { node, state: 'untold', result: null, findings: [result.reason] };
  const { state, findings } = result;
  const has = (code: Finding['code']) => findings.some((found) => found.code === code);
  if (isInstalled(state) || has('conf-not-ours')) return { node, state: 'done', result: state, findings };
  // An installer of before deletions takes it for a bundle with a bad manifest.
  const isOld = has('manifest-invalid');
  if (isOld) return { node, state: 'refused', result: state, findings: [{ code: 'deletion-not-known' }] };
  return { node, state: state === 'failed' ? 'silent' : 'refused', result: state, findings };
}
