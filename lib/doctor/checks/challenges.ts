import { join } from 'node:path';
import { TOKENS_BELOW_WEBROOT } from '../../challenge/challenge.ts';
import { challengeAbilitiesOf } from '../../cluster/abilities.ts';
import type { Config } from '../../cluster/config.ts';
import { shellWord } from '../../findings/area.ts';
import type { Finding } from '../../findings/register.ts';
import { onNode, typed, type Step } from '../../findings/step.ts';
import { isLeftOut, type TargetReport } from '../../gate/verdict.ts';
import { counted } from '../../base/counted.ts';
import type { Told } from '../agents-told.ts';
import { complaint, judged, skipped, type Check, type Complaint } from '../check.ts';
import type { Context } from '../context.ts';
import { letAgentWrite } from '../file-steps.ts';
import { nextFor } from '../next.ts';

/** A drill that passes takes a second or two where agents take the challenges; a shared filesystem may be late. */
const MAX_WAIT_MS = 10_000;
/** Without agents, whatever gate.timeout allows: systemd ends the doctor of each day, and then nothing is recorded (certbot-ha-doctor.service). */
const MAX_WITHOUT_AGENTS_MS = 90_000;
/** Before and after the gate: what is recorded, and taken away again. */
const AROUND_MS = 15_000;

/** The milliseconds that the gate of the drill has. */
export function drillMs({ cluster: { config } }: Pick<Context, 'cluster'>): number {
  const { timeoutMs } = config.gate;
  const { hasAgents } = challengeAbilitiesOf(config);
  return Math.min(timeoutMs, hasAgents ? MAX_WAIT_MS : MAX_WITHOUT_AGENTS_MS);
}

/** All that the drill has. */
export function challengesMs(context: Pick<Context, 'cluster'>): number {
  return drillMs(context) + AROUND_MS;
}

/** Made-up challenges of every name are served by every node and VIP. */
export const challenges: Check = {
  name: 'challenges',
  needsWebroot: true,
  timeoutMs: challengesMs,
  run: async ({ cluster: { config }, drill, names, agents, standby, signal }) => {
    if (drill === null) return skipped('left out by --no-drill');
    const waiting = await standby();
    if (waiting !== null) return skipped(waiting);
    const all = await names();
    const { targets } = await drill(all, signal);
    const counting = targets.filter((report) => !isLeftOut(report));
    if (counting.length === 0) return skipped('every node is drained, or none is probed');
    const told = (await agents()) ?? [];
    return judged(
      counting
        .filter(({ state }) => state !== 'served')
        .map((report) =>
          complaintOf(report, {
            config,
            name: all[0] ?? '',
            holder: holderOf(report.target.address, told),
          }),
        ),
      `${all.length === 0 ? 'a made-up name' : counted(all.length, 'name')} served by ${counted(counting.length, 'node')} and VIPs`,
    );
  },
};

interface Drilled {
  readonly config: Config;
  /** one that was presented */
  readonly name: string;
  /** the node that has the address, where it is a VIP */
  readonly holder: string | undefined;
}

function holderOf(address: string, told: readonly Told[]): string | undefined {
  return told.find(({ answer }) => answer.isOk && answer.body.vips.includes(address))?.node.name;
}

function complaintOf(
  { target, reason, unsent, missing }: TargetReport,
  { config, name, holder }: Drilled,
): Complaint {
  const found = unsent ?? reason ?? ({ code: 'no-time-left' } as const);
  const node = target.node ?? undefined;
  const [first = name] = missing;
  if (node === undefined) {
    const there = holder === undefined ? undefined : { name: holder, address: target.address };
    return complaint('fail', found, { of: target.name, next: nextFor(found, config, there) });
  }
  const steps = stepsAt(join(node.webroot, TOKENS_BELOW_WEBROOT), found, config);
  const where = { on: node, of: first, config };
  return complaint('fail', found, steps === null ? where : { ...where, next: onNode(node.name, steps) });
}

/** It may not write there, or there is no room; or the web server may not read it. */
function stepsAt(directory: string, found: Finding, config: Config): readonly Step[] | null {
  if (found.code === 'agent-refuses') return typed(letAgentWrite(directory, config.transport));
  if (found.code === 'token-forbidden')
    return [...typed(`namei -l ${shellWord(directory)}`), ...nextFor(found, config)];
  return null;
}
