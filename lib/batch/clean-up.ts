import { peersInService } from '../cluster/drained.ts';
import { findingsOf } from '../base/errors.ts';
import { attempted, expectedFindings } from '../base/expected.ts';
import { CHALLENGE_TRANSPORTS } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { failure, type Outcome } from '../base/outcome.ts';
import { createTransport } from '../transports/create.ts';
import type { Transport } from '../transports/transport.ts';
import { whileWanted } from '../transports/while-wanted.ts';
import { webrootOf } from '../challenge/webroot-of.ts';
import { afterwards, deadline } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';
import { print } from '../base/print.ts';
import type { Finding } from '../findings/register.ts';
import { lineOf } from '../findings/words.ts';

/** A node that may still have the tokens, and why. */
export interface LeftOver {
  readonly node: string;
  readonly address: string;
  readonly reason: Finding;
}

const CLEAN_UP_TIMEOUT_MS = 10_000;
/** What a transport needs to end after its signal: one that takes longer is waited for no more. */
const ENDED_WITHIN_MS = 1_000;

/**
 * Takes the tokens away from self and from every peer that is not drained. Tries every node, under
 * a deadline of its own that no interruption of the work before shortens, and resolves to what is left.
 */
export async function cleanUpEverywhere(
  cluster: Cluster,
  transport: Transport,
  tokens: readonly string[],
): Promise<readonly LeftOver[]> {
  if (tokens.length === 0) return [];
  const signal = deadline(CLEAN_UP_TIMEOUT_MS);
  const nodes = [cluster.self, ...peersInService(cluster)];
  const here = cleanUpHere(cluster, tokens, signal);
  // Where nothing is handed over, the peers' go after this node's own.
  if (transport.abilities.source === 'webroot') await here;
  const outcomes = await Promise.all(
    nodes.map(async (node) =>
      node === cluster.self
        ? await here
        : await whileWanted(
            attempted(async () => await transport.cleanUp(node, tokens, signal)),
            afterwards(signal, ENDED_WITHIN_MS),
          ),
    ),
  );
  return nodes.flatMap(({ name, address }, index) => {
    const outcome = outcomes[index];
    return outcome && !outcome.isOk ? [{ node: name, address, reason: outcome.reason }] : [];
  });
}

async function cleanUpHere(
  cluster: Cluster,
  tokens: readonly string[],
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    await unlessHung(cluster.self.webroot, signal, async () => await webrootOf(cluster).remove(tokens));
    return { isOk: true };
  } catch (error) {
    return failure(findingsOf(error)[0]);
  }
}

/**
 * The transport for challenges, for a clean-up: where it cannot be had, one that tells why of each peer. This node's own, and
 * what is in DNS, can be taken away nonetheless.
 */
export async function transportOrWhy(cluster: Cluster): Promise<Transport> {
  try {
    return await createTransport(cluster);
  } catch (error) {
    const outcome = failure(expectedFindings(error)[0]);
    const name = cluster.config.transport.challenges;
    const fail = async () => outcome;
    const close = async () => undefined;
    return { name, abilities: CHALLENGE_TRANSPORTS[name], present: fail, cleanUp: fail, close };
  }
}

/** Says which nodes may still have tokens, and why below each. */
export function reportLeftOver(left: readonly LeftOver[], err: (line: string) => void, indent = ''): void {
  for (const { node, address, reason } of left) {
    err(`${indent}${lineOf({ code: 'tokens-left', node, address })}`);
    print(err, reason, `${indent}  `);
  }
}
