// @module-tag slow
import { describe } from 'vitest';
import { runBatch, runHook } from '../support/cluster/certbot-hook.ts';
import { makeChallenge } from '../support/cluster/challenge.ts';
import { eventsIn } from '../support/cluster/event-files.ts';
import { pendingIn } from '../support/cluster/certbot-runs.ts';
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
});
