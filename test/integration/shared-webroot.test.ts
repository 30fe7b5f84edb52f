// @module-tag slow
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { Challenge } from '../../lib/challenge/challenge.ts';
import { startCli } from '../support/cluster/built.ts';
import { hookArgv, hookEnv, runHook } from '../support/cluster/certbot-hook.ts';
import { makeChallenge } from '../support/cluster/challenge.ts';
import { expect, test as base, type TestCluster, type TestNode } from '../support/cluster/cluster.ts';
import { serveRemembering, type RememberingSite } from '../support/cluster/remembering-site.ts';
import { lackOf } from '../support/packages.ts';
import { run } from '../support/programs/program.ts';

interface Shared {
  readonly cluster: TestCluster;
  readonly webroot: string;
  /** The configuration of such a cluster, with top-level keys replaced. */
  configure(rest: object): Promise<void>;
  /** Web servers of all nodes, whose file system remembers so long that a file was not there. */
  serveAll(...forMs: readonly number[]): Promise<readonly RememberingSite[]>;
  /** What the check of what is shared says, by `certbot-ha doctor --json`. */
  sharing(...argv: readonly string[]): Promise<Record<string, unknown>>;
}

const test = base.extend<{ readonly shared: Shared }>({
  shared: async ({ cluster }, use) => {
    const [web1] = cluster.nodes;
    const { webroot } = web1;
    // No lineage is delivered here.
    const certificates = { mode: 'per-node', configDir: join(cluster.directory, 'letsencrypt') };
    const node = ({ name, address }: TestNode) => [
      name,
      { address, webroot, adminListen: `${address}:${cluster.adminPort}` },
    ];
    const nodes = Object.fromEntries(cluster.nodes.map(node)) as object;
    const configure = async (rest: object = {}) =>
      await cluster.configure({ nodes, transport: 'shared', certificates, ...rest });
    await configure();
    const sites: RememberingSite[] = [];
    await use({
      ...{ cluster, webroot, configure },
      serveAll: async (...forMs) => {
        for (const [at, { address }] of cluster.nodes.entries()) {
          const place = { address, port: cluster.httpPort, forMs: forMs[at] ?? 0 };
          sites.push(await serveRemembering(webroot, place));
        }
        return sites;
      },
      sharing: async (...argv) => {
        const { stdout } = await startCli(cluster.envOf(web1), ['doctor', '--json', ...argv]).ended;
        const { checks } = JSON.parse(stdout) as { readonly checks: readonly Record<string, unknown>[] };
        return checks.find(({ name }) => name === 'sharing') ?? {};
      },
    });
    await Promise.all(sites.map(async (site) => await site.close()));
  },
});

const FOREVER_MS = 3_600_000;

describe.concurrent('a webroot that nodes share', () => {
  test('is asked for nothing before it is there, so that no cache remembers its absence', async ({
    shared,
  }) => {
    const { cluster, serveAll } = shared;
    const sites = await serveAll(FOREVER_MS, FOREVER_MS, FOREVER_MS);
    const challenge = makeChallenge();
    expect(await runHook('auth', cluster, challenge)).toMatchObject({ code: 0, stderr: '' });
    expect(await runHook('cleanup', cluster, challenge)).toMatchObject({ code: 0, stderr: '' });
    for (const { early, requests } of sites) {
      expect(requests).not.toEqual([]);
      expect(early).toEqual([]);
    }
  });

  test('has file and directory synced before anybody is asked', async ({ shared, skip }) => {
    const lack = await lackOf(['strace']);
    skip(lack !== null, lack ?? '');
    const { cluster, serveAll } = shared;
    await serveAll();
    const challenge = makeChallenge();
    const trace = join(cluster.directory, 'trace');
    const calls = 'trace=openat,fsync,rename,connect';
    const argv = ['strace', '-f', '-y', '-e', calls, '-o', trace, ...hookArgv('auth')];
    expect(await run(argv, { env: hookEnv(cluster, challenge) })).toMatchObject({ code: 0 });
    const { stdout } = await run(['cat', trace]);
    const of = (pattern: RegExp) => stdout.split('\n').findIndex((one) => pattern.test(one));
    const steps = [
      of(new RegExp(`fsync\\(.*${challenge.token}\\..*certbot-ha\\.tmp`)),
      of(new RegExp(`rename\\(.*${challenge.token}"`)),
      of(/fsync\(.*acme-challenge>/),
      of(new RegExp(`connect\\(.*htons\\(${cluster.httpPort}\\)`)),
    ];
    expect(steps).not.toContain(-1);
    expect(steps).toEqual(steps.toSorted((one, other) => one - other));
  });

  test('is written by a drained node as well: what is there is there for all', async ({ shared }) => {
    const { cluster, serveAll, webroot } = shared;
    await serveAll();
    const nodes = Object.fromEntries(
      cluster.nodes.map(({ name, address }) => [name, { address, webroot, drained: name === 'web1' }]),
    );
    await cluster.configure({ nodes, transport: 'shared' });
    expect(await runHook('auth', cluster, makeChallenge())).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('served by web2, web3 after'),
    });
  });
});

describe.concurrent('a node that remembers a 404', () => {
  // Whoever it was, such as a scanner.
  const askTooEarly = async ({ cluster }: Shared, { token }: Challenge) =>
    await fetch(`http://${cluster.nodes[1].address}:${cluster.httpPort}/.well-known/acme-challenge/${token}`);

  test('is waited for', async ({ shared }) => {
    const { cluster, serveAll, configure } = shared;
    await configure({ gate: { timeout: 20, httpPort: cluster.httpPort } });
    const [, site] = await serveAll(0, 6_000, 0);
    const challenge = makeChallenge();
    await askTooEarly(shared, challenge);
    expect(site?.early).toHaveLength(1);
    expect(await runHook('auth', cluster, challenge)).toMatchObject({ code: 0, stderr: '' });
  });

  test('is told of with what may be the reason', async ({ shared }) => {
    const { cluster, serveAll, configure } = shared;
    await configure({ gate: { timeout: 4, httpPort: cluster.httpPort } });
    // However late the hook starts, it does not forget before the gate ends.
    await serveAll(0, FOREVER_MS, 0);
    const challenge = makeChallenge();
    await askTooEarly(shared, challenge);
    const { code, stderr } = await runHook('auth', cluster, challenge);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /web2 .*: 404 from remembers, 3 s after the token was written: is the same file system mounted there\? .*\[token-not-there-yet\]/,
    );
  });

  test('is told by a drill that passes', async ({ shared }) => {
    const { cluster, serveAll } = shared;
    await serveAll(0, FOREVER_MS, 0);
    const { code, stdout } = await startCli(cluster.envOf(cluster.nodes[0]), ['drill', 'a.example.test'])
      .ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^web2 .*: goes on with 404 for more than 5 s, once it was asked for a token too early/m,
    );
    expect(await cluster.nodes[0].tokens()).toEqual([]);
  });

  test('is not waited for by a drill that is interrupted', async ({ shared }) => {
    const { cluster, serveAll } = shared;
    await serveAll(0, FOREVER_MS, 0);
    // An address needs no DNS: the drill waits for nothing else once it has told what the nodes serve.
    const drill = startCli(cluster.envOf(cluster.nodes[0]), ['drill', '127.0.0.1']);
    await drill.says(/^web3 /m);
    drill.child.kill('SIGINT');
    const { code, stdout } = await drill.ended;
    expect(code).toBe(1);
    expect(stdout).not.toContain('goes on with 404');
    expect(await cluster.nodes[0].tokens()).toEqual([]);
  });

  test('is not made by a web server that asks the agent of another node', async ({ shared }) => {
    const { cluster, serveAll, configure } = shared;
    const lookup = { port: cluster.agentPort, keyFile: cluster.keyFile, lookup: 'peers' };
    await configure({ agent: lookup, transport: { challenges: 'shared', lineages: 'http' } });
    await serveAll();
    const agents = await Promise.all(cluster.nodes.map(async (node) => await node.startAgent()));
    const { address } = cluster.nodes[0];
    const asked = `http://${address}:${cluster.adminPort}/.well-known/acme-challenge/${makeChallenge().token}`;
    const answer = await fetch(asked);
    // The look-up says that nobody has it. Where there is none, the agent knows no such path.
    expect([answer.status, await answer.text()]).toEqual([
      404,
      expect.not.stringContaining('no such challenge'),
    ]);
    const said = agents.flatMap((agent) => agent.log().map(({ msg }) => msg));
    expect(said).not.toContain('no peer has a challenge that was asked for');
  });
});

describe.concurrent('a node that waits for the webroot to be mounted', () => {
  // No node holds a VIP on loopback, and nothing is mounted at the webroot.
  const onStandby = async ({ cluster, configure }: Shared) => {
    const webroot = join(cluster.directory, 'not-mounted');
    const nodes = Object.fromEntries(
      cluster.nodes.map(({ name, address }) => [
        name,
        { address, webroot, adminListen: `${address}:${cluster.adminPort}` },
      ]),
    );
    const agent = { port: cluster.agentPort, keyFile: cluster.keyFile };
    const transport = { challenges: 'shared', lineages: 'http' };
    await configure({ nodes, agent, transport, webServer: { runsOn: 'holder' }, vips: ['127.255.255.9'] });
    return webroot;
  };

  test('writes nothing into the mount point, and says where it is mounted', async ({ shared }) => {
    const { cluster } = shared;
    const webroot = await onStandby(shared);
    const said = `nothing is mounted at ${webroot}, and this node does not hold 127.255.255.9: challenges are written where both are`;
    const hook = await runHook('auth', cluster, makeChallenge());
    expect({ ...hook, stderr: hook.stderr.slice(0, said.length + 12) }).toMatchObject({
      code: 1,
      stderr: `certbot-ha: ${said}`,
    });
    const { code, stderr } = await startCli(cluster.envOf(cluster.nodes[0]), ['drill']).ended;
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(said) });
    const { stdout } = await startCli(cluster.envOf(cluster.nodes[0]), ['doctor']).ended;
    for (const check of ['webroot', 'sharing', 'challenges'])
      expect(stdout).toContain(`SKIP  ${check}: ${said}`);
    expect(existsSync(webroot)).toBe(false);
  });

  test('has an agent that runs without it, and makes nothing there', async ({ shared }) => {
    const { cluster } = shared;
    const webroot = await onStandby(shared);
    await mkdir(webroot);
    const [web1] = cluster.nodes;
    const check = await startCli(cluster.envOf(web1), ['agent', '--check']).ended;
    expect(check).toMatchObject({ code: 0, stderr: '' });
    await web1.startAgent();
    expect(await readdir(webroot)).toEqual([]);
    const { stdout } = await startCli(cluster.envOf(web1), ['status']).ended;
    expect(stdout).toMatch(/^NODE +ADDRESS +HOLDS +AGENT +CHALLENGES +WEBROOT +NOTE$/m);
    expect(stdout).toMatch(/^web1 \(self\) .* reachable \S+ +0 +\S+( on \S+)? *$/m);
    expect((await fetch(`http://${web1.address}:${cluster.adminPort}/readyz`)).status).toBe(200);
  });
});

describe.concurrent('the doctor', () => {
  test('measures when each node serves what is written', async ({ shared }) => {
    await shared.serveAll();
    const { result, detail, measured } = await shared.sharing();
    expect({ result, detail }).toEqual({
      result: 'pass',
      detail: expect.stringMatching(
        /^\w+.*: what is written here is served by all after \d+ ms, \d+ ms where/,
      ),
    });
    expect(measured).toMatchObject({
      targets: ['web1', 'web2', 'web3'].map((target) => ({
        ...{
          target,
          freshMs: expect.any(Number),
          after404Ms: expect.any(Number),
          emptyMs: expect.any(Number),
        },
      })),
    });
    expect(await shared.cluster.nodes[0].tokens()).toEqual([]);
  });

  test('tells how long a node goes on with 404 for what is there, and that the gate ends before', async ({
    shared,
  }) => {
    await shared.serveAll(0, 4_000, FOREVER_MS);
    const { result, findings } = await shared.sharing('--wait', '7');
    expect(result).toBe('fail');
    const words = (findings as readonly { who: string; found: { message: string } }[]).map(
      ({ who, found }) => `${who.split(' ')[0]}: ${found.message}`,
    );
    expect(words).toEqual([
      'web3: gate.timeout is 5 s, and 404 is remembered for more than 7 s: set gate.timeout to more than that, or mount without that cache',
      expect.stringMatching(
        /^web2: goes on with 404 for (3\.9|4(\.\d)?) s, once it was asked for a token too early \(.*\): gate\.timeout has to/,
      ),
      expect.stringMatching(/^web3: goes on with 404 for more than 7 s, once it was asked/),
    ]);
  });

  test('says where nothing is shared, and which node does not see what is written', async ({ shared }) => {
    const { cluster, sharing } = shared;
    const [web1, web2, web3] = cluster.nodes;
    const own = await Promise.all(cluster.nodes.map(async (node) => await node.startSite()));
    const { result, findings } = await sharing('--wait', '1');
    expect(own).toHaveLength(3);
    expect(result).toBe('fail');
    expect(findings).toMatchObject([
      { who: null, found: { code: 'directory-not-shared', directory: web1.webroot } },
      { who: `web2 ${web2.address}`, found: { code: 'written-not-seen', seconds: 1 } },
      { who: `web3 ${web3.address}`, found: { code: 'written-not-seen', seconds: 1 } },
    ]);
  });
});
