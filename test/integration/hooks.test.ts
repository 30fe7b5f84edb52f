// @module-tag slow
import { describe } from 'vitest';
import { runBatch, runHook } from '../support/cluster/certbot-hook.ts';
import { makeChallenge, makeChallenges } from '../support/cluster/challenge.ts';
import { eventsIn } from '../support/cluster/event-files.ts';
import { serveWebroot } from '../support/cluster/site.ts';
import { expect, test } from '../support/cluster/cluster.ts';
import { treeOf } from '../support/tree.ts';

const SERVED = 'served by web1, web2, web3 after';

describe.concurrent('one name', () => {
  test('is on every node when the auth hook ends, and on none after the cleanup hook', async ({
    cluster,
  }) => {
    await cluster.startAll();
    const challenge = makeChallenge();
    const hook = await runHook('auth', cluster, challenge);
    expect(hook).toMatchObject({ code: 0, stderr: '' });
    expect(hook.stdout).toMatch(new RegExp(`^a\\.example\\.test: ${SERVED} \\d+\\.\\d\\d s\n$`));
    expect(await cluster.tokens()).toEqual([[challenge.token], [challenge.token], [challenge.token]]);
    for (const { webroot } of cluster.nodes) {
      expect(await treeOf(webroot)).toContain(
        `.well-known/acme-challenge/${challenge.token} 644 ${challenge.keyAuthorization}`,
      );
    }

    expect(await runHook('cleanup', cluster, challenge)).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await cluster.tokens()).toEqual([[], [], []]);
    const own = (await treeOf(cluster.stateDir)).filter((entry) => !/^(?:requests|events)/.test(entry));
    expect(own).toEqual(['pending 700 ']);
    const of = { node: 'web1', identifier: 'a.example.test', tokens: 1, outcome: 'ok' };
    const auth = { ...of, program: 'auth' };
    const nodes = ['web1', 'web2', 'web3'];
    const events = await eventsIn(cluster.stateDir, { only: ({ program }) => program !== 'agent' });
    expect(events).toEqual([
      ...nodes.map((peer) => ({ ...auth, event: 'challenge-presented', peer })),
      ...nodes.map((target) => ({ ...auth, event: 'challenge-gate', target })),
      { ...auth, event: 'batch' },
      ...nodes.map((peer) => ({ ...of, program: 'cleanup', event: 'challenge-removed', peer })),
    ]);
    // The agents of both peers write into the same file here; nobody waits for them.
    const seen = async () =>
      (await eventsIn(cluster.stateDir, { only: ({ event }) => event === 'challenge-removed' }))
        .filter(({ program }) => program === 'agent')
        .map(({ node, tokens, outcome }) => ({ node, tokens, outcome }));
    const both = ['web2', 'web3'].map((node) => ({ node, tokens: 1, outcome: 'ok' }));
    await expect.poll(seen, { timeout: 5_000 }).toEqual(expect.arrayContaining(both));
  });

  test('is on every node too with a certbot that knows no identifiers and does not count', async ({
    cluster,
  }) => {
    await cluster.startAll();
    const challenge = makeChallenge();
    const old = {
      remainingChallenges: null,
      env: { CERTBOT_IDENTIFIER: undefined, CERTBOT_ALL_IDENTIFIERS: undefined },
    };
    expect(await runHook('auth', cluster, challenge, old)).toMatchObject({ code: 0, stderr: '' });
    expect(await cluster.tokens()).toEqual([[challenge.token], [challenge.token], [challenge.token]]);
    expect(await runHook('cleanup', cluster, challenge, old)).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect(await cluster.tokens()).toEqual([[], [], []]);
  });

  test('may be an IPv6 address', async ({ cluster }) => {
    await cluster.startAll();
    const challenge = makeChallenge('2001:db8::1');
    expect(await runHook('auth', cluster, challenge)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^2001:db8::1: served by/),
      stderr: '',
    });
  });

  test('is seen at the VIP too', async ({ cluster }) => {
    const [holder] = cluster.nodes;
    await cluster.startAll();
    const vip = holder.address.replace(/\.1$/, '.99');
    await cluster.configure({ vips: [vip], gate: { timeout: 1, httpPort: cluster.httpPort } });
    const refused = await runHook('auth', cluster, makeChallenge());
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      `vip ${vip}: port ${cluster.httpPort}: connection refused: does its holder's web server listen on it?`,
    );
    const site = await serveWebroot(holder.webroot, vip, cluster.httpPort);
    const held = await runHook('auth', cluster, makeChallenge());
    await site.close();
    expect(held).toMatchObject({ code: 0, stderr: '' });
    expect(held.stdout).toContain(`served by web1, web2, web3, vip ${vip} after`);
  });

  test('needs no peer’s agent where the webroot is shared', async ({ cluster }) => {
    const [{ webroot }] = cluster.nodes;
    const nodes = Object.fromEntries(cluster.nodes.map(({ name, address }) => [name, { address, webroot }]));
    await cluster.configure({ nodes, transport: 'shared' });
    const sites = await Promise.all(
      cluster.nodes.map(async ({ address }) => await serveWebroot(webroot, address, cluster.httpPort)),
    );
    const challenge = makeChallenge();
    const auth = await runHook('auth', cluster, challenge);
    const cleanup = await runHook('cleanup', cluster, challenge);
    await Promise.all(sites.map(async (site) => await site.close()));
    expect(auth).toMatchObject({ code: 0, stderr: '' });
    expect(cleanup).toMatchObject({ code: 0, stderr: '' });
    expect(await cluster.nodes[0].tokens()).toEqual([]);
  });
});

describe.concurrent('a batch of five', () => {
  test('is recorded by all but the last, which pushes it in one request a peer', async ({ cluster }) => {
    const batch = makeChallenges(5);
    const before = batch.slice(0, 4);
    // Nothing listens anywhere yet, and nothing is needed.
    for (const [index, challenge] of before.entries()) {
      const ended = await runHook('auth', cluster, challenge, { remainingChallenges: 4 - index, batch });
      expect(ended).toMatchObject({
        code: 0,
        stderr: '',
        stdout: `${challenge.identifier}: recorded, ${4 - index} more to come\n`,
      });
      expect((await cluster.tokens()).flat()).toEqual([]);
    }
    const agents = await cluster.startAll();
    const last = await runHook('auth', cluster, batch[4] ?? makeChallenge(), {
      remainingChallenges: 0,
      batch,
    });
    expect(last).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(new RegExp(`^5 challenges: ${SERVED}`)),
    });
    const wanted = batch.map(({ token }) => token).toSorted();
    for (const tokens of await cluster.tokens()) expect(tokens.toSorted()).toEqual(wanted);

    const cleanups = await runBatch('cleanup', cluster, batch);
    for (const ended of cleanups) expect(ended).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await cluster.tokens()).toEqual([[], [], []]);
    for (const agent of agents) {
      expect(
        agent
          .log()
          .map(({ msg }) => msg)
          .filter((msg) => /presented|removed/.test(msg)),
      ).toEqual(['presented', 'removed']);
    }
  });

  test('is cleaned up by the last cleanup hook alone', async ({ cluster }) => {
    await cluster.startAll();
    const batch = makeChallenges(3);
    await runBatch('auth', cluster, batch);
    const [first, second, third] = batch as [(typeof batch)[0], (typeof batch)[0], (typeof batch)[0]];
    await runHook('cleanup', cluster, first, { remainingChallenges: 2, batch });
    await runHook('cleanup', cluster, second, { remainingChallenges: 1, batch });
    for (const tokens of await cluster.tokens()) expect(tokens).toHaveLength(3);
    await runHook('cleanup', cluster, third, { remainingChallenges: 0, batch });
    expect(await cluster.tokens()).toEqual([[], [], []]);
  });

  test('does not meet another batch that runs at the same time', async ({ cluster }) => {
    await cluster.startAll();
    const [one, other] = [
      makeChallenges(3),
      makeChallenges(3).map((challenge) => ({ ...challenge, identifier: `x${challenge.identifier}` })),
    ];
    const both = await Promise.all([runBatch('auth', cluster, one), runBatch('auth', cluster, other)]);
    for (const ended of both.flat()) expect(ended).toMatchObject({ code: 0, stderr: '' });
    for (const ended of both) expect(ended.at(-1)?.stdout).toMatch(/^3 challenges: served by/);
    await runBatch('cleanup', cluster, one);
    const left = other.map(({ token }) => token).toSorted();
    for (const tokens of await cluster.tokens()) expect(tokens.toSorted()).toEqual(left);
    await runBatch('cleanup', cluster, other);
    expect(await cluster.tokens()).toEqual([[], [], []]);
  });
});
