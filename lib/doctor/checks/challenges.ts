import { join } from 'node:path';
import { TOKENS_BELOW_WEBROOT } from '../../challenge/challenge.ts';
import { abilitiesOf } from '../../cluster/abilities.ts';
import type { Config } from '../../cluster/config.ts';
import { shellWord } from '../../findings/area.ts';
import { isLeftOut, type TargetReport } from '../../gate/verdict.ts';
import { counted } from '../../base/counted.ts';
import { complaint, judged, skipped, type Check, type Complaint } from '../check.ts';
import type { Context } from '../context.ts';

/** A drill that passes takes a second or two. A shared filesystem may be that late. */
const MAX_WAIT_MS = 20_000;
/** Before and after the gate: what is recorded, and taken away again. */
const AROUND_MS = 15_000;

/** The milliseconds that the gate of the drill has. */
export function drillMs({ cluster: { config } }: Pick<Context, 'cluster'>): number {
  const { timeoutMs } = config.gate;
  return abilitiesOf(config).hasAgents ? Math.min(timeoutMs, MAX_WAIT_MS) : timeoutMs;
}

/** Made-up challenges of every name are served by every node and VIP. */
export const challenges: Check = {
  name: 'challenges',
  timeoutMs: (context) => drillMs(context) + AROUND_MS,
  run: async ({ cluster: { config }, drill, names, signal }) => {
    if (drill === null) return skipped('left out by --no-drill');
    const all = await names();
    const { targets } = await drill(all, signal);
    const counting = targets.filter((report) => !isLeftOut(report));
    if (counting.length === 0) return skipped('every node is drained, or none is probed');
    const name = all[0] ?? '';
    return judged(
      counting.filter(({ state }) => state !== 'served').map((report) => complaintOf(report, name, config)),
      `${all.length === 0 ? 'a made-up name' : counted(all.length, 'name')} served by ${counted(counting.length, 'node')} and VIPs`,
    );
  },
};

function complaintOf(
  { target, reason, unsent, missing }: TargetReport,
  name: string,
  config: Config,
): Complaint {
  const found = unsent ?? reason ?? ({ code: 'no-time-left' } as const);
  const node = target.node ?? undefined;
  const [first = name] = missing;
  if (node === undefined) return complaint('fail', found, { of: target.name, config });
  // It may not write there, or there is no room.
  const directory = shellWord(join(node.webroot, TOKENS_BELOW_WEBROOT));
  const next =
    found.code === 'agent-refuses'
      ? { next: `on ${node.name}: df -h ${directory}; chown certbot-ha:certbot-ha ${directory}` }
      : {};
  return complaint('fail', found, { on: node, of: first, config, ...next });
}
