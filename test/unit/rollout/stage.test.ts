import { expect, test } from 'vitest';
import type { ClusterNode } from '../../../lib/cluster/config.ts';
import type { Finding } from '../../../lib/findings/register.ts';
import { silentAgentsOf } from '../../../lib/rollout/stage.ts';

const node: ClusterNode = {
  ...{ name: 'web2', address: '192.0.2.2', isDrained: false, webroot: '/srv' },
  ...{ agentPort: 9480, httpPort: 80, httpsPort: 443 },
};
const attempt = { port: 9480, error: 'ETIMEDOUT' } as const;

test.for<readonly [string, Finding | null, boolean]>([
  ['whose agent was silent', { code: 'connection-timed-out', who: 'agent', ...attempt }, true],
  ['whose host was silent to ssh', { code: 'connection-timed-out', who: 'ssh', ...attempt }, false],
  ['whose agent refuses', { code: 'connection-refused', who: 'agent', ...attempt }, false],
  ['whose agent does not know the key', { code: 'key-mismatch', port: 9480 }, false],
  ['of which nothing is known', null, false],
])('a node %s is asked for the VIP only where its agent may answer', ([, reason, isSilent]) => {
  expect([...silentAgentsOf([{ node, reason }])]).toEqual(isSilent ? [[node, reason]] : []);
});
