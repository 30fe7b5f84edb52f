import type { HookIo } from '../base/io.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { whoOf } from '../cluster/target.ts';
import type { Finding } from '../findings/register.ts';
import { lineOf } from '../findings/words.ts';
import type { Bundle } from '../lineage/bundle.ts';
import type { Events } from '../state/events.ts';
import { outstandingAt, type Outstanding } from '../state/outstanding.ts';
import type { State } from '../state/state.ts';
import { deliveryEvents } from './delivery-events.ts';
import { hasTaken, type NodeEnding } from './roll-out.ts';

const NOT_ACTIVATED: Finding = { code: 'not-activated' };

/**
 * How a lineage has fared:
 * - `idle`: no node lacks it, or those that do could not be tried
 * - `delivered`: all that lacked it have it
 * - `held up`: it is in place, or could be, where a web server's test fails
 * - `outstanding`: some node lacks it
 */
export type Synced = 'idle' | 'delivered' | 'held up' | 'outstanding';

interface Delivered {
  readonly bundle: Bundle;
  readonly due: readonly ClusterNode[];
  /** of the lineage, as they were before: what has been added since is not done with this bundle */
  readonly outstanding: readonly Outstanding[];
  readonly endings: readonly NodeEnding[];
}

interface Concluding {
  readonly cluster: Cluster;
  readonly state: Pick<State, 'outstanding'>;
  readonly io: Pick<HookIo, 'out' | 'err'>;
  readonly events: Pick<Events, 'write'>;
}

/** Says how each node has ended, and writes down what is outstanding. */
export async function concludeSync(
  { bundle, due, outstanding, endings }: Delivered,
  { cluster, state, io, events }: Concluding,
): Promise<Synced> {
  const { manifest } = bundle;
  const { lineage, leaf } = manifest;
  const untried = due
    .filter((node) => !endings.some((ending) => ending.node === node))
    .map((node) => ({ node, state: 'outstanding' as const, reason: NOT_ACTIVATED }));
  await events.write(...deliveryEvents(lineage, [...endings, ...untried], cluster));
  const ids = [leaf.sha256, ...outstanding.map(({ id }) => id)];
  let end: Synced = 'delivered';
  for (const node of due) {
    const who = `${whoOf(node)}: ${lineage}`;
    const ending = endings.find((candidate) => candidate.node === node);
    if (ending !== undefined && hasTaken(ending)) {
      await state.outstanding.done(node.name, lineage, ids);
      io.out(`${who}: delivered`);
      continue;
    }
    const reason = ending?.reason ?? NOT_ACTIVATED;
    if (reason.code === 'web-server-test-failed') end = 'held up';
    else if (end === 'delivered') end = 'outstanding';
    for (const line of ending?.messages ?? [lineOf(reason)]) io.err(`${who}: ${line}`);
    await state.outstanding.add([outstandingAt(node, manifest, reason)]);
  }
  return end;
}
