import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createContacts } from '../../../lib/channel/contacts.ts';
import type { ClusterNode } from '../../../lib/cluster/config.ts';
import type { Connector } from '../../../lib/net/connector.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

const NODE = {
  ...{ name: 'web2', address: '192.0.2.2', agentPort: 9480, isDrained: false },
  ...{ webroot: '/', httpPort: 80, httpsPort: 443 },
} satisfies ClusterNode;
const SILENT = { reason: { code: 'agent-silent' }, isSilent: true } as const;

/** Contacts with nobody known, and what they note of the node. */
function contactsOf() {
  const saw: boolean[] = [];
  const contacts = createContacts({
    silentAt: async () => null,
    saw: (_place, isSilent) => void saw.push(isSilent),
    save: async () => undefined,
  });
  /** A connection over which TLS is agreed on. */
  const connect = async () => {
    contacts.accepted(NODE.address);
    const agree: Connector['connect'] = (_endpoint, callback) => callback(null, new TLSSocket(new Socket()));
    await new Promise<void>((resolve) => {
      contacts.choosing(agree, agree)({ hostname: NODE.address, protocol: 'https:', port: '9480' }, () =>
        resolve(),
      );
    });
    vi.advanceTimersByTime(100);
  };
  return { saw, contacts, connect };
}

/** What is noted of a node by a request that ends without an answer. */
async function noted(during: (accepted: () => void) => void): Promise<readonly boolean[]> {
  const { saw, contacts } = contactsOf();
  const attempt = await contacts.begin(NODE, false);
  during(() => contacts.accepted(NODE.address));
  attempt.failed(SILENT);
  return saw;
}

test('an agent that has accepted, and said nothing for more than 2 s, is noted', async () => {
  const seen = noted((accepted) => {
    accepted();
    vi.advanceTimersByTime(2_100);
  });
  expect(await seen).toEqual([true]);
});

test('the time until it accepts does not make it mute: its agent may just be starting', async () => {
  const seen = noted((accepted) => {
    vi.advanceTimersByTime(2_600);
    accepted();
    vi.advanceTimersByTime(400);
  });
  expect(await seen).toEqual([]);
});

describe('an agent with which TLS was agreed on before', () => {
  const TIMED_OUT = {
    reason: { code: 'connection-timed-out', who: 'agent', port: 9480, error: 'ETIMEDOUT' },
    isSilent: true,
  } as const;

  test.for([
    ['accepts no further connection', TIMED_OUT, true],
    ['is long in answering', SILENT, false],
  ] as const)('whose host %s is noted or not', async ([, ending, isSilent]) => {
    const { saw, contacts, connect } = contactsOf();
    await connect();
    const attempt = await contacts.begin(NODE, false);
    vi.advanceTimersByTime(5_000);
    attempt.failed(ending);
    expect(saw).toEqual([isSilent]);
  });
});

test('a connection that was accepted long before is none over which nothing was said since', async () => {
  const { saw, contacts } = contactsOf();
  contacts.accepted(NODE.address);
  vi.advanceTimersByTime(10_000);
  const attempt = await contacts.begin(NODE, false);
  vi.advanceTimersByTime(600);
  attempt.failed(SILENT);
  expect(saw).toEqual([]);
});
