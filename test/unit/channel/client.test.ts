// @module-tag slow
import { randomBytes } from 'node:crypto';
import { afterEach, describe, onTestFinished, vi } from 'vitest';
import { createChannelClient } from '../../../lib/channel/client.ts';
import { deadline } from '../../../lib/system/deadline.ts';
import { pause } from '../../../lib/system/pause.ts';
import { createSilentNodes } from '../../../lib/state/silent-nodes.ts';
import { deaf } from '../../support/programs/deaf-server.ts';
import { mute } from '../../support/programs/mute-server.ts';
import { serveAgent } from '../../support/cluster/agent-server.ts';
import { startImpostor } from '../../support/cluster/impostor.ts';
import { expect, test } from '../../support/lineage/certificates.ts';

const key = randomBytes(32);

describe('a server that has a certificate and not the key', () => {
  afterEach(() => void vi.unstubAllEnvs());

  test.for(['1', '0'])(
    'is not sent a bundle, also not the second time, with NODE_TLS_REJECT_UNAUTHORIZED=%s',
    async (value, { ca }) => {
      vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', value);
      const impostor = await startImpostor(await ca.issue(['127.0.0.1']), '127.0.0.1');
      const client = createChannelClient('web1', { first: key, all: [key] });
      const node = {
        ...{ name: 'web2', address: '127.0.0.1', agentPort: impostor.port, isDrained: false },
        ...{ webroot: '/', httpPort: 80, httpsPort: 443 },
      };
      const put = async () =>
        await client.request(node, 'PUT', '/v1/x', { signal: deadline(5_000), body: { privkey: 'SECRET' } });

      const answers = [await put(), await put()];
      await client.close();
      await impostor.close();

      const refused = { isOk: false, isSilent: false, reason: { code: 'key-mismatch', port: impostor.port } };
      expect(answers).toEqual([refused, refused]);
      expect(impostor.heard()).toBe('');
    },
  );
});

test.for(['127.0.0.1', '::1'])(
  'a node at %s that did not answer the program before gets a short chance from the next one',
  async (address, { directory }) => {
    const server = await deaf(address);
    onTestFinished(async () => await server.kill());
    const node = {
      ...{ name: 'web2', address, agentPort: server.port, isDrained: false },
      ...{ webroot: '/', httpPort: 80, httpsPort: 443 },
    };
    const ask = async (timeoutMs: number) => {
      const client = createChannelClient('web1', { first: key, all: [key] }, createSilentNodes(directory));
      const startedMs = performance.now();
      const answer = await client.request(node, 'GET', '/', { signal: deadline(timeoutMs) });
      await client.close();
      return { answer, tookMs: performance.now() - startedMs };
    };
    // What has no time for a whole attempt, as a gate that opens without it, tells as well.
    expect((await ask(600)).answer).toMatchObject({ isSilent: true, reason: { code: 'agent-silent' } });
    const { answer, tookMs } = await ask(20_000);
    const reason = { code: 'short-chance', who: 'agent', port: server.port };
    expect(answer).toMatchObject({ isSilent: true, reason });
    expect(tookMs).toBeLessThan(3_000);
  },
);

describe('a node that was silent', () => {
  async function known(directory: string, port: number) {
    const node = {
      ...{ name: 'web2', address: '127.0.0.1', agentPort: port, isDrained: false },
      ...{ webroot: '/', httpPort: 80, httpsPort: 443 },
    };
    const before = createSilentNodes(directory);
    before.saw(node.address, true);
    await before.save();
    const client = createChannelClient('web1', { first: key, all: [key] }, createSilentNodes(directory));
    const asking = client.request(node, 'GET', '/', { signal: deadline(20_000) });
    return { node, asking, close: client.close };
  }

  test('and accepts a connection, over which its agent says nothing, stays known for it', async ({
    directory,
  }) => {
    const agent = await mute('127.0.0.1');
    onTestFinished(agent.close);
    const { node, asking, close } = await known(directory, agent.port);
    expect(await asking).toMatchObject({ isSilent: true, reason: { code: 'short-chance', who: 'agent' } });
    await close();
    expect(await createSilentNodes(directory).silentAt(node.address)).not.toBeNull();
  });

  test('was waited for as long as is told', async ({ directory }) => {
    const server = await deaf('127.0.0.1');
    onTestFinished(async () => await server.kill());
    const { asking, close } = await known(directory, server.port);
    await pause(100);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
    const answer = await asking;
    await close();
    expect(answer).toMatchObject({ isOk: false, reason: { code: 'short-chance' } });
    const seconds = answer.isOk || answer.reason.code !== 'short-chance' ? 0 : answer.reason.seconds;
    expect(seconds).toBeGreaterThanOrEqual(0.6);
  });
});

test('a node that answers again has its full chance from the next program', async ({ directory }) => {
  const agent = await serveAgent(directory, { key });
  onTestFinished(async () => await agent.close());
  const before = createSilentNodes(directory);
  before.saw(agent.address, true);
  await before.save();
  const client = createChannelClient('web1', { first: key, all: [key] }, createSilentNodes(directory));
  const node = {
    ...{ name: 'web2', address: agent.address, agentPort: agent.port, isDrained: false },
    ...{ webroot: '/', httpPort: 80, httpsPort: 443 },
  };

  await client.request(node, 'GET', '/v1/nothing', { signal: deadline(5_000) });
  await client.close();

  expect(await createSilentNodes(directory).silentAt(agent.address)).toBeNull();
});

describe('a node that answers nothing', () => {
  async function silence(directory: string) {
    const server = await deaf('127.0.0.1');
    onTestFinished(async () => await server.kill());
    const node = {
      ...{ name: 'web2', address: '127.0.0.1', agentPort: server.port, isDrained: false },
      ...{ webroot: '/', httpPort: 80, httpsPort: 443 },
    };
    const client = createChannelClient('web1', { first: key, all: [key] }, createSilentNodes(directory));
    const isKnown = async () => (await createSilentNodes(directory).silentAt(node.address)) !== null;
    return { node, client, isKnown };
  }

  test('is known to the next program though this one closes with its request', async ({ directory }) => {
    const { node, client, isKnown } = await silence(directory);
    const over = new AbortController();
    const asking = client.request(node, 'GET', '/', { signal: over.signal });
    await pause(700);
    over.abort(new DOMException('the time is over', 'TimeoutError'));
    await client.close();
    expect(await isKnown()).toBe(true);
    expect(await asking).toMatchObject({ isOk: false });
  });

  test.for([
    [700, false],
    [2_500, true],
  ] as const)(
    'over a connection that it has accepted, is known for it after %i ms: %s',
    async ([ms, isKnown], { directory }) => {
      const agent = await mute('127.0.0.1');
      onTestFinished(agent.close);
      const node = {
        ...{ name: 'web2', address: '127.0.0.1', agentPort: agent.port, isDrained: false },
        ...{ webroot: '/', httpPort: 80, httpsPort: 443 },
      };
      const client = createChannelClient('web1', { first: key, all: [key] }, createSilentNodes(directory));
      const answer = await client.request(node, 'GET', '/', { signal: deadline(ms) });
      await client.close();
      expect(answer).toMatchObject({ isSilent: true, reason: { code: 'agent-silent' } });
      expect((await createSilentNodes(directory).silentAt(node.address)) !== null).toBe(isKnown);
    },
  );

  test('is not known for it where somebody has interrupted', async ({ directory }) => {
    const { node, client, isKnown } = await silence(directory);
    const interruption = new AbortController();
    const asking = client.request(node, 'GET', '/', { signal: interruption.signal });
    await pause(700);
    interruption.abort();
    expect(await asking).toEqual({
      ...{ isOk: false, isSilent: false },
      reason: { code: 'answer-wait-interrupted' },
    });
    await client.close();
    expect(await isKnown()).toBe(false);
  });
});
