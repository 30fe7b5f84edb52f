// @module-tag slow
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { createOutstanding } from '../../lib/state/outstanding.ts';
import { eventually } from '../lab/eventually.ts';
import { expect, test } from '../support/cluster/cluster.ts';
import { startCli } from '../support/cluster/built.ts';
import { certbotHaIn } from '../support/cluster/command-line.ts';
import { createCa } from '../support/lineage/certificates.ts';
import { writeLineage } from '../support/lineage/tree.ts';
import { mute } from '../support/programs/mute-server.ts';
import { noDamage } from '../support/no-damage.ts';

describe.concurrent('status', () => {
  test('is a plain table, and 0 when every agent answers', async ({ cluster }) => {
    await Promise.all(cluster.nodes.map(async (node) => await node.startAgent()));
    const [web1, web2] = cluster.nodes;
    await cluster.configure({ vips: ['127.0.0.1', '198.51.100.9'] }); // on each node's loopback interface, and on none
    const { code, stdout, stderr } = await certbotHaIn(cluster, ['status']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^NODE +ADDRESS +HOLDS +AGENT +CHALLENGES +NOTE$/);
    expect(lines[1]).toMatch(new RegExp(`^web1 \\(self\\) +${web1.address} +- +reachable \\S+ +0$`));
    expect(lines[2]).toMatch(new RegExp(`^web2 +${web2.address} +- +reachable \\S+ +0$`));
    expect(lines.slice(-2)).toEqual([
      'vip 127.0.0.1: no node that answers says it holds it [vip-without-holder]',
      'vip 198.51.100.9: no node that answers says it holds it [vip-without-holder]',
    ]);
  });

  test('is 1 when an agent does not answer, and says why', async ({ cluster }) => {
    const [web1, web2, web3] = cluster.nodes;
    await Promise.all([web1.startAgent(), web3.startAgent()]);
    const { code, stdout } = await certbotHaIn(cluster, ['status']);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      new RegExp(
        `web2 +${web2.address} +- +unreachable +- +agent port \\d+: connection refused: is certbot-ha-agent running there\\? \\[connection-refused\\]`,
      ),
    );
  });

  test('is 0 when the agent that does not answer is of a drained node', async ({ cluster }) => {
    const [web1, , web3] = cluster.nodes;
    const nodes = Object.fromEntries(
      cluster.nodes.map(({ name, address, webroot }) => [
        name,
        { address, webroot, drained: name === 'web2' },
      ]),
    );
    await cluster.configure({ nodes });
    await Promise.all([web1.startAgent(), web3.startAgent()]);
    const { code, stdout } = await certbotHaIn(cluster, ['status']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/web2 .* unreachable .* drained; agent port/);
  });

  test('is for programs with --json', async ({ cluster }) => {
    await cluster.configure({ vips: ['127.0.0.1'] });
    const [web1, web2, web3] = cluster.nodes;
    await Promise.all([web1.startAgent(), web2.startAgent()]);
    const { code, stdout, stderr } = await certbotHaIn(cluster, ['status', '--json']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      self: 'web1',
      at: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      isCutOff: false,
      issuer: { mode: 'shared', rule: 'vip', nodes: [] },
      renewals: [],
      nodes: [
        expect.objectContaining({
          node: 'web1',
          isSelf: true,
          agent: 'reachable',
          reason: null,
          challenges: 0,
          heldVips: [],
        }),
        expect.objectContaining({ node: 'web2', isSelf: false, isDrained: false, agent: 'reachable' }),
        expect.objectContaining({
          node: 'web3',
          agent: 'unreachable',
          version: null,
          challenges: null,
          reason: {
            ...{ code: 'connection-refused', who: 'agent', port: cluster.agentPort, error: 'ECONNREFUSED' },
            message: `agent port ${cluster.agentPort}: connection refused: is certbot-ha-agent running there?`,
          },
        }),
      ],
      vips: [{ address: '127.0.0.1', holder: null, holders: [] }],
      lineages: [],
      outstanding: [],
      notes: [],
      overrides: [],
      accounts: [],
      deletions: [],
      troubles: [
        {
          who: `web3 ${web3.address}`,
          found: expect.objectContaining({ code: 'connection-refused', message: expect.any(String) }),
        },
      ],
    });
  });

  test('tells of a lineage that the configuration alone knows', async ({ cluster }) => {
    await cluster.configure({
      certificates: { configDir: '/nonexistent', lineages: { 'mail.test': { served: [] } } },
    });
    const { stdout } = await certbotHaIn(cluster, ['status']);
    expect(stdout).toMatch(
      /certificates\.lineages\.mail\.test: no node that answers .*\[lineage-not-known\]$/m,
    );
    const check = await certbotHaIn(cluster, ['status', '--check']);
    expect(check.stdout).not.toContain('mail.test');
  });

  test('with --watch shows the same as the status page, over and over until it is interrupted', async ({
    cluster,
  }) => {
    const [web1] = cluster.nodes;
    await Promise.all(cluster.nodes.map(async (node) => await node.startAgent()));
    const watching = startCli(cluster.envOf(web1), ['status', '--watch']);
    await watching.says(/(?:no certificate yet \(seen by web1[^]*){2}Doctor on web1/);
    watching.child.kill('SIGINT');
    const { code, stdout, stderr } = await watching.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Next renewal: no certificate yet');
    expect(stdout).not.toContain('\u001b');
    // Each begins behind an empty line.
    expect(stdout).toMatch(/Doctor on web1.*\n\n. no certificate yet/);
  });

  test('with --watch ends with the one who reads it', async ({ cluster, onTestFinished }) => {
    const watching = startCli(cluster.envOf(cluster.nodes[0]), ['status', '--watch']);
    onTestFinished(async () => await watching.kill());
    await watching.says(/Doctor on web1/);
    watching.child.stdout?.destroy();
    expect(await watching.ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  });

  test('with --watch hears the interruption while a node is asked', async ({ cluster, onTestFinished }) => {
    const [web1, , web3] = cluster.nodes;
    const silent = await mute(web3.address, cluster.agentPort);
    onTestFinished(silent.close);
    const asking = startCli(cluster.envOf(web1), ['status', '--watch']);
    onTestFinished(async () => await asking.kill());
    const isAsked = async () => silent.connections() > 0;
    await eventually(isAsked, { timeoutMs: 5_000, what: 'web3 is asked' });
    const startedMs = performance.now();
    asking.child.kill('SIGINT');
    expect(await asking.ended).toMatchObject({ code: 1, signal: null, stdout: '', stderr: '' });
    expect(performance.now() - startedMs).toBeLessThan(3_000);
  });

  test('with --check says only what needs somebody, and is 1 then', async ({ cluster }) => {
    await Promise.all(cluster.nodes.map(async (node) => await node.startAgent()));
    const check = async () => await certbotHaIn(cluster, ['status', '--check']);
    expect(await check()).toMatchObject({ code: 0, stdout: '', stderr: '' });
    const delivery = { node: 'web2', lineage: 'www.example.test', id: 'a'.repeat(64) };
    const since = '2026-11-24T07:08:09.123Z';
    await createOutstanding(cluster.stateDir, noDamage).add([
      { ...delivery, since, reason: { code: 'agent-silent' } },
    ]);
    await cluster.configure({ vips: ['198.51.100.9'] });
    expect(await check()).toMatchObject({
      code: 1,
      stdout: [
        'vip 198.51.100.9: no node that answers says it holds it [vip-without-holder]',
        'web2: www.example.test is outstanding since 2026-11-24T07:08:09.123Z [outstanding-long]',
        '',
      ].join('\n'),
      stderr: '',
    });
  });

  test.for([
    [['--days', 'x', '--check'], '--days: expected a number of days, at most 9999, got "x"'],
    [['--days', '9'], 'check'],
    [['--timeout', '0'], '--timeout: expected a number of seconds from 1 to 600, got "0"'],
    [['--check', '--json'], 'options --check and --json exclude each other'],
  ] as const)('refuses %j', async ([args, words], { cluster }) => {
    const { code, stderr } = await certbotHaIn(cluster, ['status', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });

  test('shows as unknown what it had no time to see, says so, and tells what it has seen', async ({
    cluster,
    onTestFinished,
  }) => {
    const [web1] = cluster.nodes;
    const { port, close } = await mute(web1.address);
    onTestFinished(close);
    const configDir = join(cluster.directory, 'letsencrypt');
    const ca = await createCa(cluster.directory);
    // What is no longer just issued.
    const issued = await ca.issue(['a.test'], { notBefore: new Date(Date.now() - 4 * 3_600_000) });
    await writeLineage(configDir, 'a.test', [issued]);
    await mkdir(join(configDir, 'renewal'));
    await writeFile(join(configDir, 'renewal/a.test.conf'), '');
    const lineages = { 'a.test': { served: [{ port }] } };
    await cluster.configure({ vips: ['127.0.0.1'], certificates: { configDir, lineages } });
    await Promise.all(cluster.nodes.map(async (node) => await node.startAgent()));
    // A handshake has 5 s of its own. One after another, or each would have less than its time.
    const plain = await certbotHaIn(cluster, ['status', '--timeout', '5']);
    const json = await certbotHaIn(cluster, ['status', '--json', '-t', '5']);
    const check = await certbotHaIn(cluster, ['status', '--check', '--timeout=5']);
    const part =
      'not every node, VIP and port was probed within 5 s: does --timeout need to be longer? [seen-in-part]';
    expect(plain).toMatchObject({ code: 1, stderr: '' });
    expect(plain.stdout).toMatch(new RegExp(`^a\\.test +web1 +${web1.address} +newest +unknown `, 'm'));
    expect(plain.stdout.split('\n').slice(-3)).toEqual(['', part, '']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      isCutOff: true,
      lineages: expect.arrayContaining([
        expect.objectContaining({ target: 'web1', serves: null, isCutOff: true }),
        expect.objectContaining({ address: '127.0.0.1', serves: 'nothing' }),
      ]) as unknown,
      troubles: expect.arrayContaining([
        { who: 'vip 127.0.0.1', found: expect.objectContaining({ code: 'stated-port-fails' }) as unknown },
      ]) as unknown,
    });
    expect(check).toMatchObject({ code: 1, stderr: '' });
    const told = check.stdout.trimEnd().split('\n');
    expect(told.at(-1)).toBe(part);
    expect(told).toContainEqual(expect.stringMatching(/^vip 127\.0\.0\.1: .* \[stated-port-fails\]$/));
  });

  test('says that a node had less time than usual for its answer', async ({ cluster, onTestFinished }) => {
    const [, , web3] = cluster.nodes;
    const silent = await mute(web3.address, cluster.agentPort);
    onTestFinished(silent.close);
    const { code, stdout } = await certbotHaIn(cluster, ['status', '--check', '--timeout', '5']);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^web3 .* \[agent-silent\]\n(?:.*\n)*not every node.* within 5 s.*\[seen-in-part\]$/m,
    );
  });

  test('shows what is outstanding, and nothing of it where nothing is', async ({ cluster }) => {
    await cluster.nodes[0].startAgent();
    expect((await certbotHaIn(cluster, ['status'])).stdout).not.toContain('OUTSTANDING');
    const delivery = {
      ...{ node: 'web2', lineage: 'www.example.test', id: 'a'.repeat(64) },
      ...{ since: '2026-11-24T07:08:09.123Z' },
    };
    const reason = { code: 'connection-refused', who: 'agent', port: 9480, error: 'ECONNREFUSED' } as const;
    await createOutstanding(cluster.stateDir, noDamage).add([{ ...delivery, reason }]);
    const message = 'agent port 9480: connection refused: is certbot-ha-agent running there?';
    const { stdout } = await certbotHaIn(cluster, ['status']);
    expect(stdout.trimEnd().split('\n').slice(-3)).toEqual([
      '',
      'OUTSTANDING  LINEAGE           SINCE              REASON',
      `web2         www.example.test  2026-11-24T07:08Z  ${message} [connection-refused]`,
    ]);
    const json = await certbotHaIn(cluster, ['status', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      outstanding: [{ ...delivery, reason: { ...reason, message } }],
    });
  });

  test('says that a key is not the same', async ({ cluster }) => {
    await Promise.all(cluster.nodes.map(async (node) => await node.startAgent()));
    await writeFile(cluster.keyFile, 'ab'.repeat(32));
    const { code, stdout } = await certbotHaIn(cluster, ['status']);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /web2 .* the TLS handshake failed: is the cluster key the same there, and its agent restarted since\? \[key-mismatch\]/,
    );
  });
});
