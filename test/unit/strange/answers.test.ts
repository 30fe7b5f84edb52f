import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, onTestFinished } from 'vitest';
import type { Answer as ChannelAnswer } from '../../../lib/channel/client.ts';
import { createChannelClient } from '../../../lib/channel/client.ts';
import { serverTls } from '../../../lib/channel/psk.ts';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import type { ClusterNode } from '../../../lib/cluster/config.ts';
import type { Target } from '../../../lib/cluster/target.ts';
import { linesOf } from '../../../lib/findings/words.ts';
import { createChallengeProbe } from '../../../lib/gate/challenge-probe.ts';
import { holdGate } from '../../../lib/gate/gate.ts';
import type { TargetReport } from '../../../lib/gate/verdict.ts';
import { oddHolders } from '../../../lib/peers/holdings.ts';
import { surveyPeers } from '../../../lib/peers/survey.ts';
import { deadline } from '../../../lib/system/deadline.ts';
import { createHttpDelivery } from '../../../lib/transports/http/delivery.ts';
import { makeChallenge } from '../../support/cluster/challenge.ts';
import { serve } from '../../support/cluster/site.ts';
import { ANSWER, type Answer } from '../../support/strange/answers.ts';
import { runs, timeFor } from '../../support/strange/runs.ts';
import { startStranger, type Stranger } from '../../support/strange/stranger.ts';
import { expect, test } from '../../support/temporary.ts';

const KEY = randomBytes(32);
const CLUSTER_KEYS = { first: KEY, all: [KEY] };
const AT_ONCE = 16;

async function strangers(count: number, isKeyed = false): Promise<readonly Stranger[]> {
  const started = await Promise.all(
    Array.from(
      { length: count },
      async () => await startStranger(isKeyed ? serverTls(CLUSTER_KEYS) : undefined),
    ),
  );
  onTestFinished(async () => void (await Promise.all(started.map(async (one) => await one.close()))));
  return started;
}

const nodeAt = (agentPort: number, index: number): ClusterNode => ({
  ...{ name: `web${index + 2}`, address: '127.0.0.1', isDrained: false, webroot: '/', agentPort },
  ...{ httpPort: 80, httpsPort: 443 },
});

const ANSWERS = fc.array(ANSWER, { minLength: AT_ONCE, maxLength: AT_ONCE });

describe('whatever answers', () => {
  test(
    'in place of a web server fails alone, with words, and the gate ends in time',
    { timeout: timeFor(30_000) },
    async () => {
      const challenge = makeChallenge('a.test');
      const site = await serve((_, response) => response.end(challenge.keyAuthorization));
      onTestFinished(async () => await site.close());
      const others = await strangers(AT_ONCE);
      const targets = [site, ...others].map(({ port }, index): Target => ({
        ...{ kind: 'node', name: `web${index + 1}`, address: '127.0.0.1', httpPort: port, httpsPort: port },
        ...{ isSelf: index === 0, isDrained: false, node: null },
      }));
      await fc.assert(
        fc.asyncProperty(ANSWERS, async (answers: readonly Answer[]) => {
          others.forEach((other, index) => other.tell(answers[index] ?? { bytes: '', end: 'close' }));
          const resolve = async (name: string) => (name.length % 2 === 0 ? [] : ['127.0.0.1']);
          // Over as soon as everything has been looked at that does not hold its answer back.
          const over = new AbortController();
          let endedMs = Infinity;
          const isSeen = ({ attempts }: TargetReport, index: number) =>
            attempts > 0 || (index > 0 && answers[index - 1]?.end === 'hold');
          const verdict = await holdGate({
            ...{ targets, subjects: [challenge], nameOf: () => 'a.test', require: 'all', timeoutMs: 10_000 },
            probe: createChallengeProbe({ identifiers: ['a.test'], vips: [], resolve }),
            signal: over.signal,
            onChange: (reports) => {
              if (!reports.every(isSeen)) return;
              endedMs = performance.now();
              over.abort();
            },
          });
          expect(performance.now() - endedMs).toBeLessThan(1_000);
          expect(verdict.targets[0]?.state).toBe('served');
          for (const { state, reason } of verdict.targets.slice(1)) {
            expect(reason?.code).not.toBe('internal-error');
            if (state !== 'served')
              expect(reason === null ? [] : linesOf(reason).join('')).toMatch(/^[^\p{Cc}]+$/u);
          }
        }),
        runs(10),
      );
    },
  );

  test.for([
    ['without the key', false],
    ['with the key', true],
  ] as const)(
    'on the port of an agent, %s, is a reason or an answer, in time',
    { timeout: timeFor(30_000) },
    async ([, isKeyed]) => {
      const others = await strangers(AT_ONCE, isKeyed);
      const peers = others.map(({ port }, index) => nodeAt(port, index));
      const self = nodeAt(1, -1);
      const cluster = {
        self,
        peers,
        config: { nodes: [self, ...peers], vips: ['192.0.2.1'] },
      } as unknown as Cluster;
      await fc.assert(
        fc.asyncProperty(ANSWERS, async (answers: readonly Answer[]) => {
          others.forEach((other, index) => other.tell(answers[index] ?? { bytes: '', end: 'close' }));
          const client = createChannelClient('web1', CLUSTER_KEYS);
          const delivery = createHttpDelivery(client, 100);
          const startedMs = performance.now();
          const signal = deadline(300);
          const [views, answered, ended] = await Promise.all([
            surveyPeers(cluster, client, signal),
            Promise.all(
              peers.map(
                async (peer): Promise<ChannelAnswer<unknown>> =>
                  await client.request(peer, 'GET', '/', { signal }),
              ),
            ),
            Promise.all(peers.map(async (peer) => await delivery.result(peer, 'a'.repeat(64), signal))),
          ]);
          await client.close();
          expect(performance.now() - startedMs).toBeLessThan(2_000);
          expect(ended).toHaveLength(AT_ONCE);
          const reasons = [
            ...answered.flatMap((answer) => (answer.isOk ? [] : [answer.reason])),
            ...views.flatMap((view) => (view.isReachable ? [] : [view.reason])),
            ...oddHolders(
              ['192.0.2.1'],
              views.flatMap((view) => (view.isReachable ? [view] : [])),
              true,
            ),
          ];
          for (const reason of reasons) {
            expect(reason.code).not.toBe('internal-error');
            expect(linesOf(reason).join('')).toMatch(/^[^\p{Cc}]+$/u);
          }
          if (!isKeyed) expect(views.some(({ isReachable }) => isReachable)).toBe(false);
        }),
        runs(4),
      );
    },
  );
});
