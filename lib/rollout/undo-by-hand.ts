import type { HookIo } from '../base/io.ts';
import { print } from '../base/print.ts';
import { CertbotHaError } from '../base/errors.ts';
import { abilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { peersInService } from '../cluster/drained.ts';
import { whoOf } from '../cluster/target.ts';
import { isGoneByHand } from '../lineage/by-hand.ts';
import { askAllToSync } from '../peers/ask-to-sync.ts';
import type { State } from '../state/state.ts';

export interface UndoOptions {
  readonly cluster: Cluster;
  readonly state: Pick<State, 'records'>;
  readonly io: Pick<HookIo, 'out' | 'err'>;
  readonly signal: AbortSignal;
}

/**
 * Forgets that a lineage was deleted on this node alone, and asks the others to bring it again. 1 when none of them could be asked.
 * @throws {CertbotHaError} `failed` where that is not what has become of it
 */
export async function undoByHand(
  lineage: string,
  { cluster, state: { records }, io, signal }: UndoOptions,
): Promise<0 | 1> {
  const deletion = await records.deletionOf(lineage);
  const record = await records.installedOf(lineage);
  const isByHand = record !== null && (await isGoneByHand(cluster.config.certificates.configDir, lineage));
  if (!isByHand && deletion !== null) {
    const { stamp, from } = deletion;
    throw new CertbotHaError('failed', { code: 'lineage-deleted', lineage, stamp, from });
  }
  if (!isByHand) throw new CertbotHaError('failed', { code: 'nothing-to-undo', lineage });
  await records.forget(lineage);
  if (!abilitiesOf(cluster.config).hasAgents) {
    io.out(`${lineage}: may come back; on a node that has it: certbot-ha deploy ${lineage}`);
    return 0;
  }
  const isAsked = await askAllToSync(peersInService(cluster), cluster, {
    signal,
    onAnswer: (peer, answer) => {
      if (answer.isOk) io.out(`${whoOf(peer)}: asked for ${lineage}`);
      else print(io.err, answer.reason, `${whoOf(peer)}: `);
    },
  });
  return isAsked ? 0 : 1;
}
