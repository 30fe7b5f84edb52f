import type { Vm, VmLab } from './machine.ts';
import { statusOf, TOKENS } from './mounted.ts';
import { askVip, authHook, giveVip, makeChallenge, takeVip, type Challenge } from './suite.ts';

/** How a challenge gets there: resolves when certbot would go on to the CA, and rejects where it would not. */
export type Write = (node: Vm, challenge: Challenge) => Promise<void>;

export interface Issuances {
  readonly lab: VmLab;
  /** where certbot runs, which holds the VIP */
  readonly from: Vm;
  /** where the VIP moves to when the challenge is written */
  readonly to: Vm;
  readonly write: Write;
  /** what the change of the VIP's holder brings with it, besides the address */
  readonly handOver?: (from: Vm, to: Vm) => Promise<void>;
  readonly times: number;
}

/** In place, as `certbot certonly --webroot` does; the CA is asked at once. */
export const plainly: Write = async (node, { token, validation }) => {
  await node.check(`printf %s ${validation} >${TOKENS}/${token}`);
};

export const byHook: Write = async (node, challenge) => {
  const { code, stdout } = await authHook(node, challenge, 120_000);
  if (code !== 0) throw new Error(`${node.name}: auth hook: exit ${code}\n${stdout}`);
};

/**
 * How many questions of a CA at the VIP are answered with what was written, where the VIP moves between the two. Every third time
 * the node that the VIP moves to has been asked for the token a moment too early.
 */
export async function answeredOf({ lab, from, to, write, handOver, times }: Issuances): Promise<number> {
  let answered = 0;
  for (let count = 0; count < times; count += 1) {
    const challenge = makeChallenge();
    if (count % 3 === 0) await statusOf(to, challenge.token);
    await write(from, challenge);
    await moveVip(from, to, handOver);
    if ((await askVip(lab, challenge.token)) === challenge.validation) answered += 1;
    await moveVip(to, from, handOver);
  }
  return answered;
}

async function moveVip(from: Vm, to: Vm, handOver: Issuances['handOver']): Promise<void> {
  await takeVip(from);
  await giveVip(to);
  await handOver?.(from, to);
}
