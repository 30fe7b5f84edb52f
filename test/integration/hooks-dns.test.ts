// @module-tag slow
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { runBatch, runHook } from '../support/cluster/certbot-hook.ts';
import { makeChallenge } from '../support/cluster/challenge.ts';
import { eventsIn } from '../support/cluster/event-files.ts';
import { AUTH, certbotRuns, command, pendingIn, UNTIL_IT_ENDS } from '../support/cluster/certbot-runs.ts';
import { certbotHaIn } from '../support/cluster/command-line.ts';
import { expect, lackOfPort, lineOf, makeDnsChallenge, test } from '../support/dns/published.ts';

describe.skipIf(lackOfPort !== null)('DNS-01', () => {
  test('has its record on every name server when the auth hook ends, and on none after the clean-up hook', async ({
    cluster,
    dns,
  }) => {
    // Neither nodes nor agents have a part in it.
    const challenge = makeDnsChallenge();
    const hook = await runHook('auth', cluster, challenge);

    expect(hook).toMatchObject({ code: 0, stderr: '' });
    const who = dns.servers.map(({ name, address }) => `${name} ${address}`).join(', ');
    expect(hook.stdout).toMatch(
      new RegExp(`^_acme-challenge\\.a\\.example\\.test: served by ${who} after \\d\\.\\d\\d s\n$`),
    );
    expect(await dns.records()).toEqual([lineOf(challenge)]);

    expect(await runHook('cleanup', cluster, challenge)).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await dns.records()).toEqual([]);
    expect(await dns.actions()).toEqual(['present', 'cleanup']);
    expect(await pendingIn(cluster)).toEqual([]);
    const of = { node: 'web1', identifier: 'a.example.test', tokens: 1, challenge: 'dns-01', outcome: 'ok' };
    expect(await eventsIn(cluster.stateDir)).toEqual([
      { ...of, program: 'auth', event: 'challenge-presented' },
      ...dns.servers.map(({ address }) => ({
        ...{ ...of, program: 'auth', event: 'challenge-gate' },
        target: address,
      })),
      { ...of, program: 'auth', event: 'batch' },
      { ...of, program: 'cleanup', event: 'challenge-removed' },
    ]);
  });

  test('of a name and its wildcard has both values, published in one go with all others', async ({
    cluster,
    dns,
  }) => {
    const batch = ['example.test', 'example.test', 'b.example.test'].map(makeDnsChallenge);
    const ended = await runBatch('auth', cluster, batch);
    expect(ended.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      batch.map(() => ({ code: 0, stderr: '' })),
    );
    expect(ended[0]?.stdout).toBe('example.test: recorded, 2 more to come\n');
    expect(ended[2]?.stdout).toMatch(/^3 TXT records: served by ns1\.example\.test/);
    expect(await dns.records()).toEqual(batch.map(lineOf));

    await runBatch('cleanup', cluster, batch);
    expect(await dns.records()).toEqual([]);
    expect(await dns.actions()).toEqual(['present', 'cleanup']);
    expect(await pendingIn(cluster)).toEqual([]);
  });

  test('goes beside HTTP-01 in one batch, as certbot asks for a wildcard that no CA validates by HTTP-01', async ({
    cluster,
    dns,
  }) => {
    await cluster.startAll();
    const http = makeChallenge('example.test');
    const batch = [http, makeDnsChallenge('example.test')] as const;
    const [, last] = await runBatch('auth', cluster, batch);
    expect(last).toMatchObject({ code: 0, stderr: '' });
    expect(last?.stdout).toMatch(
      /^example\.test: served by web1, web2, web3 after .*\n_acme-challenge\.example\.test: served by ns1\.example\.test/,
    );
    expect(await cluster.tokens()).toEqual([[http.token], [http.token], [http.token]]);
    expect(await dns.records()).toEqual([lineOf(batch[1])]);

    await runBatch('cleanup', cluster, batch);
    expect(await cluster.tokens()).toEqual([[], [], []]);
    expect(await dns.records()).toEqual([]);
  });

  test('is withdrawn although the key of the cluster is open to others, and so is what lies on this node', async ({
    cluster,
    dns,
  }) => {
    await cluster.startAll();
    const http = makeChallenge('example.test');
    const batch = [http, makeDnsChallenge('example.test')] as const;
    await runBatch('auth', cluster, batch);
    await chmod(cluster.keyFile, 0o644);
    const hook = await runHook('cleanup', cluster, http, { batch });
    expect(hook).toMatchObject({ code: 0, stdout: '' });
    expect(hook.stderr).toMatch(
      /tokens may be left on web2 .*\[tokens-left\]\n.*\[key-file-open\]\n.*tokens may be left on web3 /,
    );
    expect(await cluster.tokens()).toEqual([[], [http.token], [http.token]]);
    expect(await dns.records()).toEqual([]);
  });

  test('without dns in the configuration ends at once, and says why', async ({ cluster }) => {
    const hook = await runHook('auth', cluster, makeDnsChallenge());
    expect(hook).toMatchObject({ code: 2, stdout: '' });
    expect(hook.stderr).toBe(
      `certbot-ha: CERTBOT_TOKEN: missing from the environment, so certbot asks for DNS-01: ${cluster.configFile} has no dns [dns-challenge-asked]\n` +
        'certbot-ha:   docs/dns-01.md has what to write there; certbot certonly --preferred-challenges http asks for http-01\n',
    );
  });

  test('is published where a CNAME leads', async ({ cluster, dns }) => {
    await dns.write('_acme-challenge.a.example.test CNAME a.acme.test');
    const challenge = makeDnsChallenge();
    expect(await runHook('auth', cluster, challenge)).toMatchObject({ code: 0, stderr: '' });
    expect(await dns.records()).toEqual([`a.acme.test ${challenge.value}`]);
  });

  test('is taken away where it was published, wherever its CNAME leads by then', async ({ cluster, dns }) => {
    await dns.write('_acme-challenge.a.example.test CNAME a.acme.test');
    const challenge = makeDnsChallenge();
    await runHook('auth', cluster, challenge);
    const [there] = await dns.records();
    await dns.write('_acme-challenge.a.example.test CNAME b.acme.test', String(there));
    expect(await runHook('cleanup', cluster, challenge)).toMatchObject({ code: 0, stderr: '' });
    expect(await dns.records()).toEqual([]);
    expect(await pendingIn(cluster)).toEqual([]);
  });

  test('is not seen where a server lacks the CNAME record that leads there', async ({ cluster, dns }) => {
    await dns.write('_acme-challenge.a.example.test CNAME a.acme.test');
    const [, lacking] = dns.servers;
    lacking.manner = 'no alias';
    const gate = { timeout: 1, httpPort: cluster.httpPort };
    await cluster.configure({ dns: dns.settings, gate });
    const { code, stderr } = await runHook('auth', cluster, makeDnsChallenge());
    expect(code).toBe(1);
    expect(stderr).toContain(
      `${lacking.address} (example.test): has no CNAME record _acme-challenge.a.example.test that leads to a.acme.test, as the resolver says: `,
    );
  });

  test('waits for a server that has the record later', async ({ cluster, dns }) => {
    const [, slow] = dns.servers;
    slow.manner = 'late';
    const running = runHook('auth', cluster, makeDnsChallenge());
    await expect.poll(() => slow.asked, { timeout: 5_000 }).toBeGreaterThan(1);
    slow.manner = 'well';
    expect(await running).toMatchObject({ code: 0, stderr: '' });
  });

  test('waits for a server whose name a resolver has no answer about, and asks again', async ({
    cluster,
    dns,
  }) => {
    const [resolver, lost] = dns.servers;
    resolver.unresolved = lost.name;
    const late = await runHook('auth', cluster, makeDnsChallenge());
    expect(late.code).toBe(1);
    expect(late.stderr).toMatch(
      /: {3}ns2\.example\.test: ns2\.example\.test: no answer about its A records \(SERVFAIL\) from .*\[dns-resolver-failed\]\n/,
    );
    resolver.askedInVain = 0;
    const running = runHook('auth', cluster, makeDnsChallenge());
    await expect.poll(() => resolver.askedInVain, { timeout: 5_000 }).toBeGreaterThan(8);
    resolver.unresolved = null;
    lost.asked = 0;
    expect(await running).toMatchObject({ code: 0, stderr: '' });
    expect(lost.asked).toBeGreaterThan(0);
  });

  test('that is not everywhere in time is reported, a line each address of a name server', async ({
    cluster,
    dns,
  }) => {
    const [first, slow, silent] = dns.servers;
    slow.manner = 'late';
    silent.manner = 'silent';
    await cluster.configure({ dns: dns.settings, gate: { timeout: 8, httpPort: cluster.httpPort } });
    const { code, stderr } = await runHook('auth', cluster, makeDnsChallenge());
    expect(code).toBe(1);
    const [head, ...lines] = stderr.trimEnd().split('\n');
    expect(head).toBe(
      'certbot-ha: the challenges were not seen everywhere within 8 s: 1 of 3 targets serve them (gate.require is all) [challenges-not-seen]',
    );
    expect(lines[0]).toMatch(
      new RegExp(`^certbot-ha:   ns1\\.example\\.test ${first.address}: served \\(\\d+ attempt`),
    );
    expect(lines[1]).toMatch(
      new RegExp(
        `^certbot-ha:   ns2\\.example\\.test ${slow.address}: has no TXT record _acme-challenge\\.a\\.example\\.test \\(its zone has serial 7\\): .* \\(a\\.example\\.test, \\d+ attempts in .*\\[txt-record-missing\\]$`,
      ),
    );
    expect(lines[2]).toContain(`ns3.example.test ${silent.address}: port 53: no answer within 3 s`);
    // Without it, and only without it, the gate opens.
    slow.manner = 'well';
    const gate = { timeout: 8, require: 'available', httpPort: cluster.httpPort };
    await cluster.configure({ dns: dns.settings, gate });
    const held = await runHook('auth', cluster, makeDnsChallenge());
    expect(held).toMatchObject({ code: 0, stderr: '' });
    expect(held.stdout).toContain(
      `; without ns3.example.test ${silent.address}: port 53: no answer within 3 s: is it running?`,
    );
  });

  test('of a certbot that died is taken away by sync', async ({ cluster, dns }) => {
    const challenge = makeDnsChallenge();
    const certbot = await certbotRuns(cluster, [command(AUTH, cluster, challenge), UNTIL_IT_ENDS]);
    await expect.poll(() => dns.servers[0].asked, { timeout: 10_000 }).toBeGreaterThan(0);
    await expect.poll(async () => await dns.records(), { timeout: 10_000 }).toEqual([lineOf(challenge)]);
    certbot.child.kill('SIGKILL');
    await cluster.startAll();
    await expect
      .poll(
        async () => {
          await certbotHaIn(cluster, ['sync']);
          return await dns.records();
        },
        { timeout: 15_000 },
      )
      .toEqual([]);
    expect(await pendingIn(cluster)).toEqual([]);
  });

  test('of a certbot that died is taken away by the next run', async ({ cluster, dns }) => {
    const lost = makeDnsChallenge();
    const certbot = await certbotRuns(cluster, [command(AUTH, cluster, lost), UNTIL_IT_ENDS]);
    await expect.poll(async () => await dns.records(), { timeout: 10_000 }).toEqual([lineOf(lost)]);
    certbot.child.kill('SIGKILL');
    await certbot.ended;
    const next = makeDnsChallenge('b.example.test');
    expect(await runHook('auth', cluster, next)).toMatchObject({ code: 0 });
    expect(await runHook('cleanup', cluster, next)).toMatchObject({ code: 0 });
    expect(await dns.records()).toEqual([]);
    expect(await pendingIn(cluster)).toEqual([]);
  });

  test('that is recorded as nobody can withdraw it keeps no certificate back', async ({ cluster, dns }) => {
    await cluster.configure({ dns: dns.settings, certificates: { mode: 'per-node' } });
    const value = 'v'.repeat(43);
    const entry = { identifier: '192.0.2.1', value, run: { id: 'x', process: null }, recordedAtMs: 1 };
    await mkdir(join(cluster.stateDir, 'pending'), { recursive: true });
    await writeFile(join(cluster.stateDir, 'pending', `${value}.record`), JSON.stringify(entry));
    expect(await certbotHaIn(cluster, ['sync'])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('[per-node-mode]'),
      stderr: expect.stringContaining('[dns-for-address]'),
    });
    expect(await dns.actions()).toEqual([]);
  });

  test('that could not be published is told of, and so is what may be left', async ({ cluster, dns }) => {
    await dns.fail(true);
    const challenge = makeDnsChallenge();
    const auth = await runHook('auth', cluster, challenge);
    expect(auth.code).toBe(1);
    expect(auth.stderr).toMatch(/ns1\.example\.test \S+: \S+publish: exit 1.*seen there: has no TXT record/);
    const cleanup = await runHook('cleanup', cluster, challenge);
    expect(cleanup.code).toBe(0);
    expect(cleanup.stderr).toContain(
      'TXT records may be left in DNS, to be removed by the next run or certbot-ha sync: _acme-challenge.a.example.test [records-left]',
    );
    expect(await pendingIn(cluster)).toEqual([`${challenge.value}.record`]);
    await dns.fail(false);
    await cluster.startAll();
    expect(await certbotHaIn(cluster, ['sync'])).toMatchObject({ stderr: '' });
    expect(await pendingIn(cluster)).toEqual([]);
  });

  test('that is refused for good ends the gate when each server has been asked, and no server is blamed', async ({
    cluster,
    dns,
  }) => {
    const gate = { timeout: 25, httpPort: cluster.httpPort };
    await cluster.configure({ dns: { ...dns.settings, command: ['/nowhere/publish'] }, gate });
    const { code, stderr } = await runHook('auth', cluster, makeDnsChallenge());
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /the challenges were not seen everywhere within \d(?:\.\d)? s: 0 of 3 targets serve/,
    );
    const line =
      /: \/nowhere\/publish is not installed \[program-not-installed\]; seen there: not served \(a\.example\.test, /g;
    expect(stderr.match(line)).toHaveLength(3);
  });

  test('that is refused for good is served where an earlier run has left it, beside a server that is silent', async ({
    cluster,
    dns,
  }) => {
    const challenge = makeDnsChallenge();
    await dns.write(lineOf(challenge));
    const refused = { ...dns.settings, command: ['/nowhere/publish'] };
    for (const require of ['all', 'available']) {
      dns.servers[2].manner = require === 'all' ? 'well' : 'silent';
      await cluster.configure({ dns: refused, gate: { timeout: 9, require, httpPort: cluster.httpPort } });
      expect(await runHook('auth', cluster, challenge)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/served by ns1\.example\.test .*, ns2\.example\.test /),
      });
    }
  });

  test('with gate.onFailure: abort ends certbot, and takes the records back', async ({ cluster, dns }) => {
    dns.servers[2].manner = 'late';
    const gate = { timeout: 1, onFailure: 'abort', httpPort: cluster.httpPort };
    await cluster.configure({ dns: dns.settings, gate });
    const certbot = await certbotRuns(cluster, [
      command(AUTH, cluster, makeDnsChallenge()),
      'echo asking the CA',
    ]);
    const { code, stdout } = await certbot.ended;
    expect({ code, stdout }).toEqual({ code: 143, stdout: expect.not.stringContaining('asking the CA') });
    expect(await dns.records()).toEqual([]);
    expect(await pendingIn(cluster)).toEqual([]);
  });
});

describe.skipIf(lackOfPort !== null)('drill by DNS-01', () => {
  test('publishes a made-up record of each name, wildcards among them, and leaves nothing', async ({
    cluster,
    dns,
  }) => {
    await cluster.startAll();
    const { code, stdout, stderr } = await certbotHaIn(cluster, ['drill', 'example.test', '*.example.test']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^web1 .*: served .*\nweb2 .*\nweb3 .*\nns1\.example\.test 127\..*: served /);
    expect(stdout).toMatch(/drill passed in \S+ s: every node and name server serves example\.test\n$/);
    expect(await dns.actions()).toEqual(['present', 'cleanup']);
    expect(await dns.records()).toEqual([]);
    const byDns = await certbotHaIn(cluster, ['drill', '--dns', 'a.example.test']);
    expect(byDns.stdout).toMatch(/every name server serves a\.example\.test\n$/);
    expect(await pendingIn(cluster)).toEqual([]);
  });

  test('leaves nothing to remove of records that were put nowhere', async ({ cluster, dns }) => {
    const gate = { timeout: 2, httpPort: cluster.httpPort };
    await cluster.configure({ dns: { ...dns.settings, command: ['/nowhere/publish'] }, gate });
    const { code, stdout, stderr } = await certbotHaIn(cluster, ['drill', '--dns', 'a.example.test']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain('/nowhere/publish is not installed [program-not-installed]');
    expect(await pendingIn(cluster)).toEqual([]);
    await cluster.configure({ dns: dns.settings, gate });
    await dns.fail(true);
    const failed = await certbotHaIn(cluster, ['drill', '--dns', 'a.example.test']);
    expect(failed.stderr).toContain('[records-left]');
    expect(await pendingIn(cluster)).toHaveLength(1);
  });

  test('takes its records away although what is recorded of them cannot be forgotten', async ({
    cluster,
    dns,
    directory,
  }) => {
    const pending = join(cluster.stateDir, 'pending');
    const program = join(directory, 'publish-and-spoil');
    const spoil = `[ "$CERTBOT_HA_DNS_ACTION" = cleanup ] || { rm -r ${pending} && touch ${pending}; }`;
    await writeFile(program, `#!/bin/sh\n${join(directory, 'publish')} "$1" || exit\n${spoil}\n`);
    await chmod(program, 0o755);
    await cluster.configure({ dns: { ...dns.settings, command: [program, directory] } });
    const { code, stderr } = await certbotHaIn(cluster, ['drill', '--dns', 'a.example.test']);
    expect(await dns.actions()).toEqual(['present', 'cleanup']);
    expect(await dns.records()).toEqual([]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(`${pending}: not writable`),
    });
  });

  test('without dns in the configuration says so', async ({ cluster }) => {
    expect(await certbotHaIn(cluster, ['drill', '*.example.test'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('dns is not set: DNS-01 needs a provider [dns-not-configured]'),
    });
  });
});
