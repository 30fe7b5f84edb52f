import type { Read } from '../base/checked.ts';
import type { ClusterNode } from '../cluster/config.ts';
import { createContacts, urlOf, type Unanswered } from './contacts.ts';
import { readAtMost } from '../net/body.ts';
import { explainNetworkError, networkFinding, type NetworkCode } from '../net/network-error.ts';
import { createConnector, type Acceptance, type Connector } from '../net/connector.ts';
import { Agent, request } from '../net/undici.ts';
import type { ClusterKeys } from './key-file.ts';
import { createNameLookup } from '../net/socket-lookup.ts';
import { SHORT_CHANCE_MS, type SilentNodes } from '../state/silent-nodes.ts';
import { MAX_BODY_BYTES } from './protocol.ts';
import { refusalOf } from './refusal.ts';
import { clientTls, isKeyed } from './psk.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { isInterrupted } from '../system/deadline.ts';
import { readKeyFile } from './key-file.ts';
import type { Finding, FindingOf } from '../findings/register.ts';

export type Answer<T> =
  | { readonly isOk: true; readonly body: T }
  | { readonly isOk: false; readonly reason: Finding; readonly isSilent: boolean };

export interface RequestOptions<T> {
  readonly signal: AbortSignal;
  readonly body?: unknown;
  /** what the answer has to be; without it nothing is made of it */
  readonly read?: Read<T>;
  /** bytes of an answer; default 256 KiB */
  readonly maxBytes?: number;
  /** gives also who is known for being silent the whole time to connect */
  readonly isPatient?: boolean;
  /** the connection is closed after it; default: it is kept for what is asked next */
  readonly isLast?: boolean;
}

export interface ChannelClient {
  /** One request to a node's agent. Resolves to an answer whatever the node or the network does. */
  request<T = unknown>(
    node: ClusterNode,
    method: 'GET' | 'PUT' | 'POST',
    path: string,
    options: RequestOptions<T>,
  ): Promise<Answer<T>>;
  readonly close: () => Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;
const ANSWER_TIMEOUT_MS = 10_000;

/**
 * Speaks to agents over TLS 1.3 with the cluster's first key, in the name of the node `self`.
 * @param silent who is known not to answer gets a short chance; absent: everybody gets a full one
 */
export function createChannelClient(self: string, keys: ClusterKeys, silent?: SilentNodes): ChannelClient {
  const names = createNameLookup(CONNECT_TIMEOUT_MS);
  const tls = clientTls(self, keys);
  // A session that is resumed would be taken for the key.
  const options = { ...tls, lookup: names.lookup, maxCachedSessions: 0 };
  const contacts = createContacts(silent);
  const connectorWithin = (timeout: number, acceptance: Acceptance) =>
    createConnector({ ...options, timeout }, undefined, {
      ...acceptance,
      onAccepted: contacts.accepted,
    });
  const { all, accept, speak } = SHORT_CHANCE_MS;
  const patient = connectorWithin(CONNECT_TIMEOUT_MS, {});
  const hasty = connectorWithin(all, { withinMs: accept, agreedWithinMs: speak });
  const dispatcher = new Agent({
    connect: contacts.choosing(onlyKeyed(patient.connect), onlyKeyed(hasty.connect)),
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
    connections: 1,
  });

  return {
    async request<T>(
      node: ClusterNode,
      method: 'GET' | 'PUT' | 'POST',
      path: string,
      { body, signal, read, maxBytes = MAX_BODY_BYTES, isPatient = false, isLast = false }: RequestOptions<T>,
    ): Promise<Answer<T>> {
      const attempt = await contacts.begin(node, isPatient);
      try {
        const answer = await request(dispatcher, urlOf(node, path), {
          method,
          signal,
          reset: isLast,
          ...(body === undefined
            ? {}
            : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
        });
        attempt.answered();
        const bytes = await readAtMost(answer.body, maxBytes);
        if (bytes.length > maxBytes) return unexpected('too long');
        const text = bytes.toString('utf8');
        if (answer.statusCode >= 300) {
          return { isOk: false, reason: refusalOf(answer.statusCode, text), isSilent: false };
        }
        const value: unknown = JSON.parse(text || 'null');
        const known = read ? read(value) : (value as T);
        return known === null ? unexpected('unknown') : { isOk: true, body: known };
      } catch (error) {
        return { isOk: false, ...attempt.failed(explain(error, node, signal)) };
      }
    },
    close: async () => {
      await dispatcher.destroy();
      for (const { giveUp } of [patient, hasty, names]) giveUp();
      await silent?.save();
    },
  };
}

/** Ends a connection before anything is sent over it where the other side has not used the key. */
function onlyKeyed(connect: Connector['connect']): Connector['connect'] {
  return (endpoint, callback) =>
    connect(endpoint, (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      if (isKeyed(socket)) return callback(null, socket);
      socket.destroy();
      callback(Object.assign(new Error('the key was not used'), { code: 'ERR_TLS_NO_PSK' }), null);
    });
}

/** A server that does not know the key sends an alert or just closes, depending on which side notices. */
const KEY_MISMATCH: ReadonlySet<NetworkCode> = new Set(['tls-handshake-failed', 'connection-reset']);

function unexpected(what: FindingOf<'agent-answer-unexpected'>['what']) {
  return {
    isOk: false as const,
    reason: { code: 'agent-answer-unexpected' as const, what },
    isSilent: false,
  };
}

function explain(error: unknown, { agentPort: port }: ClusterNode, signal: AbortSignal): Unanswered {
  // Who is interrupted has not found out whether anybody answers.
  if (isInterrupted(signal)) return { reason: { code: 'answer-wait-interrupted' }, isSilent: false };
  if (signal.aborted) return { reason: { code: 'agent-silent' }, isSilent: true };
  if (error instanceof SyntaxError) return unexpected('not JSON');
  const failure = explainNetworkError(error);
  if (failure === null) throw error;
  const isKey = KEY_MISMATCH.has(failure.code);
  const reason: Finding = isKey
    ? { code: 'key-mismatch', port }
    : networkFinding(failure, { who: 'agent', port });
  return { reason, isSilent: failure.isSilent };
}

/** A client that asks the peers' agents, as this node, with the key of the configuration. @throws {CertbotHaError} `config` for a bad key file */
export function createClusterClient({ config, self }: Cluster, silent?: SilentNodes): ChannelClient {
  return createChannelClient(self.name, readKeyFile(config.agent.keyFile), silent);
}
