import type { ClusterNode } from '../cluster/config.ts';
import type { Finding } from '../findings/register.ts';
import { bracketed } from '../net/address.ts';
import type { Connector } from '../net/connector.ts';
import { waitedShortly } from '../net/network-error.ts';
import { MUTE_AFTER_MS, NOTED_AFTER_MS, type SilentNodes } from '../state/silent-nodes.ts';

/** Why a node's agent has given no answer that can be used. */
export interface Unanswered {
  readonly reason: Finding;
  readonly isSilent: boolean;
}

/**
 * Notes who accepts a connection and says something over it, and who does not: a program that is stopped accepts too. Who is known not
 * to, is given less time to.
 */
export function createContacts(silent: SilentNodes | undefined) {
  /** when they accepted a connection last, by `performance.now()` */
  const met = new Map<string, number>();
  /** with whom TLS has been agreed on */
  const spoken = new Set<string>();
  /** when they were silent, in milliseconds since the epoch */
  const hurried = new Map<string, number>();
  const forget = (host: string): void => {
    met.delete(host);
    spoken.delete(host);
  };
  return {
    /** Notes that somebody has accepted a connection there, whatever is said over it. */
    accepted: (hostname: string) => void met.set(hostname, performance.now()),
    choosing:
      (patient: Connector['connect'], hasty: Connector['connect']): Connector['connect'] =>
      (endpoint, callback) =>
        (hurried.has(endpoint.hostname) ? hasty : patient)(endpoint, (...result) => {
          if (result[0] === null) spoken.add(endpoint.hostname);
          callback(...result);
        }),
    begin: async (node: ClusterNode, isPatient: boolean) => {
      const host = hostOf(node);
      const atMs = isPatient ? null : ((await silent?.silentAt(node.address)) ?? null);
      if (atMs === null) hurried.delete(host);
      else hurried.set(host, atMs);
      const startedMs = performance.now();
      return {
        answered: () => silent?.saw(node.address, false),
        failed: (unanswered: Unanswered): Unanswered => {
          const { reason, isSilent } = unanswered;
          const nowMs = performance.now();
          const waitedMs = nowMs - startedMs;
          // A new connection is tried where that of before has ended: what was said over it tells nothing of now.
          if (reason.code === 'connection-timed-out' && (met.get(host) ?? 0) < startedMs) forget(host);
          const isMute = met.has(host) && !spoken.has(host);
          // Whoever was long in accepting has been mute from then on.
          const muteFromMs = Math.max(met.get(host) ?? nowMs, startedMs);
          const isLong = isMute ? nowMs - muteFromMs > MUTE_AFTER_MS : waitedMs > NOTED_AFTER_MS;
          // A host that refuses is there, and one that ends what it has accepted has said something.
          const isThere = isMute ? !isSilent && reason.code !== 'answer-wait-interrupted' : met.has(host);
          if (isThere || reason.code === 'connection-refused') silent?.saw(node.address, false);
          else if (atMs === null && isSilent && isLong) silent?.saw(node.address, true);
          return atMs === null ? unanswered : cutShort(unanswered, node, { atMs, waitedMs });
        },
      };
    },
  };
}

/** What the short time has ended says so, and how long it was. */
function cutShort(
  unanswered: Unanswered,
  { agentPort: port }: ClusterNode,
  { atMs, waitedMs }: { readonly atMs: number; readonly waitedMs: number },
): Unanswered {
  const { reason, isSilent } = unanswered;
  if (reason.code !== 'connection-timed-out') return unanswered;
  return { reason: waitedShortly({ who: 'agent', port, atMs, ms: waitedMs }), isSilent };
}

/** As a socket calls it. */
function hostOf(node: ClusterNode): string {
  return urlOf(node, '').hostname.replaceAll(/^\[|\]$/g, '');
}

/** Where a node's agent answers. */
export function urlOf(node: ClusterNode, path: string): URL {
  return new URL(`https://${bracketed(node.address)}:${node.agentPort}${path}`);
}
