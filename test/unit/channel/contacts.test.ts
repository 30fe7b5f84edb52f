import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createContacts } from '../../../lib/channel/contacts.ts';
import type { ClusterNode } from '../../../lib/cluster/config.ts';
import type { SilentNodes } from '../../../lib/state/silent-nodes.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

const NODE = {
  ...{ name: 'web2', address: '192.0.2.2', agentPort: 9480, isDrained: false },
  ...{ webroot: '/', httpPort: 80, httpsPort: 443 },
} satisfies ClusterNode;
const SILENT = { reason: { code: 'agent-silent' }, isSilent: true } as const;

/** What is noted of a node by a request that ends without an answer. */
async function noted(during: (accepted: () => void) => void): Promise<readonly boolean[]> {
  const saw: boolean[] = [];
  const silent: SilentNodes = {
    silentAt: async () => null,
    saw: (_place, isSilent) => void saw.push(isSilent),
    save: async () => undefined,
  };
  const contacts = createContacts(silent);
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
