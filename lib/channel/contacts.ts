import type { ClusterNode } from '../cluster/config.ts';
import type { Finding } from '../findings/register.ts';
import { bracketed } from '../net/address.ts';
import type { Connector } from '../net/connector.ts';
import { waitedShortly } from '../net/network-error.ts';
import { NOTED_AFTER_MS, SHORT_CHANCE_MS, type SilentNodes } from '../state/silent-nodes.ts';

/** Why a node's agent has given no answer that can be used. */
export interface Unanswered {
  readonly reason: Finding;
  readonly isSilent: boolean;
}

/** Notes who accepts a connection, and who does not. Who is known not to, is given less time to. */
export function createContacts(silent: SilentNodes | undefined) {
  const met = new Set<string>();
  /** when they were silent, in milliseconds since the epoch */
  const hurried = new Map<string, number>();
  return {
    noting:
      (patient: Connector['connect'], hasty: Connector['connect']): Connector['connect'] =>
      (endpoint, callback) => {
        const { hostname } = endpoint;
        const connect = hurried.has(hostname) ? hasty : patient;
        connect(endpoint, (...result) => {
          if (result[0] === null) met.add(hostname);
          callback(...result);
        });
      },
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
          // A host that refuses is there.
          if (met.has(host) || reason.code === 'connection-refused') silent?.saw(node.address, false);
          else if (atMs !== null) return cutShort(unanswered, node, atMs);
          else if (isSilent && performance.now() - startedMs > NOTED_AFTER_MS)
            silent?.saw(node.address, true);
          return unanswered;
        },
      };
    },
  };
}

/** What the short time has ended says so. The system's own ETIMEDOUT takes minutes. */
function cutShort(unanswered: Unanswered, { agentPort: port }: ClusterNode, atMs: number): Unanswered {
  const { reason, isSilent } = unanswered;
  if (reason.code !== 'connection-timed-out') return unanswered;
  const ms = reason.error === 'ETIMEDOUT' ? SHORT_CHANCE_MS.accept : SHORT_CHANCE_MS.speak;
  return { reason: waitedShortly({ who: 'agent', port, atMs, ms }), isSilent };
}

/** As a socket calls it. */
function hostOf(node: ClusterNode): string {
  return urlOf(node, '').hostname.replaceAll(/^\[|\]$/g, '');
}

/** Where a node's agent answers. */
export function urlOf(node: ClusterNode, path: string): URL {
  return new URL(`https://${bracketed(node.address)}:${node.agentPort}${path}`);
}
