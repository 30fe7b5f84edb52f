// @module-tag slow
import { readdir } from 'node:fs/promises';
import { describe } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import { deaf } from '../support/programs/deaf-server.ts';
import { eventsIn } from '../support/cluster/event-files.ts';
import { runHook } from '../support/cluster/certbot-hook.ts';
import { freePort } from '../support/cluster/addresses.ts';
import { makeChallenge } from '../support/cluster/challenge.ts';
import { expect, test } from '../support/cluster/cluster.ts';

describe.concurrent('a peer that is down', () => {
  test('fails the gate with a line per target, and is left to the next clean-up', async ({ cluster }) => {
    await cluster.startAll();
    const [, web2, web3] = cluster.nodes;
    await cluster.configure({
      gate: { timeout: 1, httpPort: cluster.httpPort },
      agent: { port: await closedPort(cluster), keyFile: cluster.keyFile },
    });
    const challenge = makeChallenge();
    const auth = await runHook('auth', cluster, challenge);
    expect(auth.code).toBe(1);
    expect(auth.stdout).toBe('');
    const lines = auth.stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toBe(
      'certbot-ha: the challenges were not seen everywhere within 1 s: 1 of 3 targets serve them (gate.require is all) [challenges-not-seen]',
    );
    expect(lines[1]).toMatch(/^certbot-ha: +web1 [\d.]+: served \(1 attempt in /);
    for (const [index, { name, address }] of [web2, web3].entries()) {
      expect(lines[2 + index]).toMatch(
        new RegExp(
          `^certbot-ha: +${name} ${address}: agent port \\d+: connection refused: is certbot-ha-agent running there\\? \\[connection-refused\\]; ` +
            `seen there: 404 from test-site: is the acme-challenge location in its configuration\\? \\(a\\.example\\.test, \\d+ attempts in `,
        ),
      );
    }

    const cleanup = await runHook('cleanup', cluster, challenge);
    expect(cleanup).toMatchObject({ code: 0, stdout: '' });
    expect(cleanup.stderr.trimEnd().split('\n')).toEqual(
      [web2, web3].flatMap(({ name, address }) => [
        `certbot-ha: tokens may be left on ${name} ${address}, to be removed by the next run [tokens-left]`,
        expect.stringMatching(
          /^certbot-ha: {3}agent port \d+: connection refused: is certbot-ha-agent running there\? \[connection-refused\]$/,
        ),
      ]),
    );
    const failed = (await eventsIn(cluster.stateDir)).filter(({ outcome }) => outcome !== 'ok');
    const of = { node: 'web1', identifier: 'a.example.test', tokens: 1 };
    const refused = (more: object) =>
      ['web2', 'web3'].map((peer) => ({ ...of, ...more, peer, outcome: 'connection-refused' }));
    const seen = failed.filter(({ event }) => event === 'challenge-gate');
    expect(seen.map(({ target }) => target)).toEqual(['web2', 'web3']);
    expect(failed.filter(({ event }) => event !== 'challenge-gate')).toEqual([
      ...refused({ program: 'auth', event: 'challenge-presented' }),
      { ...of, program: 'auth', event: 'batch', outcome: 'challenges-not-seen' },
      ...refused({ program: 'cleanup', event: 'challenge-removed' }),
    ]);
  });

  test('and answers nothing costs one batch its time-outs, and the next one a moment', async ({
    cluster,
    onTestFinished,
  }) => {
    const [web1, web2, web3] = cluster.nodes;
    await Promise.all([web1.startSite(), web2.startSite(), web2.startAgent()]);
    for (const port of [cluster.agentPort, cluster.httpPort]) {
      const silence = await deaf(web3.address, port);
      onTestFinished(async () => await silence.kill());
    }
    await cluster.configure({ gate: { timeout: 20, require: 'available', httpPort: cluster.httpPort } });
    const gate = async () => {
      const challenge = makeChallenge();
      const { stdout } = await runHook('auth', cluster, challenge);
      expect((await runHook('cleanup', cluster, challenge)).stderr).toContain('tokens may be left on web3');
      const [, seconds] = /served by web1, web2 after ([\d.]+) s/.exec(stdout) ?? [];
      return Number(seconds);
    };
    const first = await gate();
    expect(first).toBeGreaterThanOrEqual(3);
    // On a busy machine one of them may have taken its time.
    expect(Math.min(await gate(), await gate())).toBeLessThan(first);
  });

  test('at the clean-up keeps its tokens, and they stay recorded', async ({ cluster }) => {
    const [, web3agent] = await cluster.startAll();
    const challenge = makeChallenge();
    expect((await runHook('auth', cluster, challenge)).code).toBe(0);
    await web3agent?.close();
    const cleanup = await runHook('cleanup', cluster, challenge);
    expect(cleanup.code).toBe(0);
    expect(cleanup.stderr).toContain(`tokens may be left on web3 ${cluster.nodes[2].address}`);
    expect(await cluster.tokens()).toEqual([[], [], [challenge.token]]);
    expect(await readdir(`${cluster.stateDir}/pending`)).toEqual([`${challenge.token}.json`]);
  });

  test('gets its push again when it comes back in time', async ({ cluster }) => {
    const [web1, web2, web3] = cluster.nodes;
    // An agent's start takes seconds where the machine is busy.
    await cluster.configure({ gate: { timeout: 25, httpPort: cluster.httpPort } });
    await Promise.all([web1.startSite(), web2.startSite(), web3.startSite(), web2.startAgent()]);
    const hook = runHook('auth', cluster, makeChallenge());
    await eventually(async () => (await web2.tokens()).length === 1, {
      timeoutMs: 12_000,
      what: 'web2 has the token',
    });
    await web3.startAgent();
    expect(await hook).toMatchObject({ code: 0, stderr: '' });
  });

  test('that is drained is neither sent to nor waited for', async ({ cluster }) => {
    const [web1, web2, web3] = cluster.nodes;
    await Promise.all([web1.startSite(), web2.startSite(), web2.startAgent()]);
    const nodes = Object.fromEntries(
      cluster.nodes.map(({ name, address, webroot }) => [
        name,
        { address, webroot, drained: name === 'web3' },
      ]),
    );
    await cluster.configure({ nodes });
    const challenge = makeChallenge();
    const auth = await runHook('auth', cluster, challenge);
    expect(auth).toMatchObject({ code: 0, stderr: '' });
    expect(auth.stdout).toMatch(
      new RegExp(
        `served by web1, web2 after .*; without web3 ${web3.address}: drained, left out \\[drained\\]\n$`,
      ),
    );
    expect(await runHook('cleanup', cluster, challenge)).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test('is done without where gate.require is available', async ({ cluster }) => {
    const [web1, web2] = cluster.nodes;
    await Promise.all([web1.startSite(), web2.startSite(), web2.startAgent()]);
    await cluster.configure({ gate: { timeout: 10, httpPort: cluster.httpPort, require: 'available' } });
    const auth = await runHook('auth', cluster, makeChallenge());
    expect(auth).toMatchObject({ code: 0, stderr: '' });
    expect(auth.stdout).toMatch(
      /served by web1, web2 after \d\.\d\d s; without web3 \S+: agent port \d+: connection refused/,
    );
  });

  test('that keeps failing makes the report say that Let’s Encrypt locks a name', async ({ cluster }) => {
    await cluster.nodes[0].startSite();
    await cluster.configure({ gate: { timeout: 1, httpPort: cluster.httpPort } });
    const reports: string[] = [];
    for (let count = 0; count < 4; count += 1)
      reports.push((await runHook('auth', cluster, makeChallenge())).stderr);
    const words =
      'certbot-ha: a.example.test has failed 4 times within the hour [validation-limit-near]\n' +
      "certbot-ha:   Let's Encrypt locks a name at 5 failed validations an hour\n" +
      'certbot-ha:   find the cause with certbot-ha drill a.example.test, which does not ask the CA\n';
    expect(reports.map((report) => report.includes(words))).toEqual([false, false, false, true]);
  });
});

async function closedPort(cluster: {
  readonly nodes: readonly { readonly address: string }[];
}): Promise<number> {
  return await freePort(cluster.nodes.map(({ address }) => address));
}
