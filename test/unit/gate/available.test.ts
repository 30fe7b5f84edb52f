import { expect, test, type TestContext } from 'vitest';
import type { Target } from '../../../lib/cluster/target.ts';
import { createChallengeProbe } from '../../../lib/gate/challenge-probe.ts';
import { holdGate } from '../../../lib/gate/gate.ts';
import { GRACE_MS } from '../../../lib/gate/policy.ts';
import { freePort } from '../../support/cluster/addresses.ts';
import { makeChallenge } from '../../support/cluster/challenge.ts';
import { serve } from '../../support/cluster/site.ts';
import { mute } from '../../support/programs/mute-server.ts';

const CHALLENGE = makeChallenge('www.example.com');

/** Its own hooks: tests that run side by side have no others. */
type Scene = Pick<TestContext, 'onTestFinished'>;

/** `gate.require: available` with self, which serves, and a peer. */
async function hold({ onTestFinished }: Scene, peer: Pick<Target, 'httpPort' | 'httpsPort'>) {
  const site = await serve((_, response) => response.end(CHALLENGE.keyAuthorization));
  onTestFinished(async () => await site.close());
  const node = { kind: 'node', address: '127.0.0.1', isDrained: false };
  return await holdGate({
    targets: [
      { ...node, name: 'web1', isSelf: true, httpPort: site.port, httpsPort: 443 },
      { ...node, name: 'web2', isSelf: false, ...peer },
    ] as Target[],
    subjects: [CHALLENGE],
    nameOf: ({ identifier }) => identifier,
    probe: createChallengeProbe({ identifiers: ['www.example.com'], vips: [] }),
    require: 'available',
    timeoutMs: GRACE_MS + 1_000,
    signal: AbortSignal.timeout(20_000),
  });
}

async function muteServer({ onTestFinished }: Scene): Promise<number> {
  const { port, close } = await mute('127.0.0.1');
  onTestFinished(close);
  return port;
}

async function redirecting({ onTestFinished }: Scene): Promise<number> {
  const site = await serve(({ url }, response) =>
    response.writeHead(301, { location: `https://www.example.com${url}` }).end(),
  );
  onTestFinished(async () => await site.close());
  return site.port;
}

test.concurrent('does without a peer where nothing listens', async (scene) => {
  const port = await freePort(['127.0.0.1']);
  expect(await hold(scene, { httpPort: port, httpsPort: port })).toMatchObject({ isMet: true });
});

test.concurrent(
  'waits for a peer whose redirect leads to a port where nothing listens: the CA would fail there',
  async (scene) => {
    const verdict = await hold(scene, {
      httpPort: await redirecting(scene),
      httpsPort: await freePort(['127.0.0.1']),
    });
    expect(verdict).toMatchObject({
      isMet: false,
      targets: [{}, { reason: { code: 'redirect-leads-nowhere' } }],
    });
  },
);

test.concurrent('waits for a peer whose redirect leads to where no answer comes', async (scene) => {
  expect(
    await hold(scene, { httpPort: await redirecting(scene), httpsPort: await muteServer(scene) }),
  ).toMatchObject({
    isMet: false,
  });
});

test.concurrent('waits for a peer that accepts and does not answer', async (scene) => {
  expect(await hold(scene, { httpPort: await muteServer(scene), httpsPort: 443 })).toMatchObject({
    isMet: false,
  });
});
