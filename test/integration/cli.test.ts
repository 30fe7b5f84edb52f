import { chmod, mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { createOutstanding } from '../../lib/state/outstanding.ts';
import { noDamage } from '../support/no-damage.ts';
import { eventually } from '../lab/eventually.ts';
import { run, start } from '../support/programs/program.ts';
import { DIST } from '../support/cluster/built.ts';
import { expect, test, type TestCluster } from '../support/cluster/cluster.ts';

const CLI = join(DIST, 'cli.js');

/** Runs a program on a pseudo-terminal of 40 lines and 200 columns. */
const IN_A_TERMINAL = `
import fcntl, os, pty, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 200, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])
try:
    while data := os.read(terminal, 65536):
        os.write(1, data)
except OSError:
    pass # how the end of a terminal is told
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

async function certbotHa(cluster: TestCluster, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return await run([process.execPath, CLI, ...args], { env: { ...cluster.envOf(cluster.nodes[0]), ...env } });
}

describe.concurrent('drill', () => {
  test('that passes says a line a target, exits 0 and leaves nothing', async ({ cluster }) => {
    await cluster.startAll();
    const { code, stdout, stderr } = await certbotHa(cluster, [
      'drill',
      'a.example.test',
      'b.example.test',
      'a.example.test',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    for (const [index, { name, address }] of cluster.nodes.entries()) {
      expect(lines[index]).toMatch(
        new RegExp(`^${name} ${address}: served \\(\\d+ attempts? in \\d+\\.\\d\\d s\\)$`),
      );
    }
    expect(lines[3]).toMatch(
      /^drill passed in \d+\.\d\d s: the CA would have found a\.example\.test, b\.example\.test$/,
    );
    expect(stdout).not.toContain('\u001B');
    expect(await cluster.tokens()).toEqual([[], [], []]);
  });

  test('without a name or a lineage uses a name that says that it is one', async ({ cluster }) => {
    await cluster.startAll();
    const { stdout } = await certbotHa(cluster, ['drill']);
    expect(stdout).toContain('the CA would have found certbot-ha-drill.invalid');
  });

  test('that fails tells the reason of each target, exits 1 and leaves nothing that it can reach', async ({
    cluster,
  }) => {
    const [web1, web2, web3] = cluster.nodes;
    await Promise.all([web1.startSite(), web2.startAgent(), web3.startAgent()]);
    await cluster.configure({ gate: { timeout: 1, httpPort: cluster.httpPort } });
    const { code, stdout, stderr } = await certbotHa(cluster, ['drill', 'a.example.test']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines[1]).toMatch(
      new RegExp(
        `^web2 ${web2.address}: port ${cluster.httpPort}: connection refused: is the web server running\\?`,
      ),
    );
    expect(lines.at(-1)).toBe(
      `drill failed after 1 s: a.example.test not served everywhere (web2 ${web2.address}, web3 ${web3.address}) [drill-failed]`,
    );
    expect(await cluster.tokens()).toEqual([[], [], []]);
  });

  test('draws a table on a terminal', async ({ cluster, skip }) => {
    await cluster.startAll();
    const env = { ...cluster.envOf(cluster.nodes[0]), TERM: 'xterm', COLUMNS: '200' };
    const { code, stdout, stderr } = await run(
      ['python3', '-c', IN_A_TERMINAL, process.execPath, CLI, 'drill', 'a.example.test'],
      { env },
    );
    if (/out of pty devices/.test(stderr)) return skip('no pseudo-terminals here');
    expect(code).toBe(0);
    expect(stdout).toContain('\u001B[');
    expect(stdout).toMatch(/TARGET +ADDRESS +STATE +ATTEMPTS +TIME +REASON/);
    expect(stdout).toMatch(new RegExp(`web3 +${cluster.nodes[2].address} +served +\\d`));
    expect(stdout).toContain('drill passed');
  });

  test('exits 2 without a key, and writes nothing', async ({ cluster }) => {
    await chmod(cluster.keyFile, 0o644);
    const { code, stdout, stderr } = await certbotHa(cluster, ['drill']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('expected 0640 or less');
    expect(await cluster.tokens()).toEqual([[], [], []]);
  });
});

describe.concurrent('status', () => {
  test('is a plain table, and 0 when every agent answers', async ({ cluster }) => {
    await Promise.all(cluster.nodes.map(async (node) => await node.startAgent()));
    const [web1, web2] = cluster.nodes;
    await cluster.configure({ vips: ['127.0.0.1', '198.51.100.9'] });
    const { code, stdout, stderr } = await certbotHa(cluster, ['status']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^NODE +ADDRESS +HOLDS +AGENT +CHALLENGES +NOTE$/);
    expect(lines[1]).toMatch(new RegExp(`^web1 \\(self\\) +${web1.address} +\\S+ +reachable \\S+ +0$`));
    expect(lines[2]).toMatch(new RegExp(`^web2 +${web2.address} +\\S+ +reachable \\S+ +0$`));
    expect(lines.at(-1)).toBe('vip 198.51.100.9: no node that answers says it holds it [vip-without-holder]');
  });

  test('is 1 when an agent does not answer, and says why', async ({ cluster }) => {
    const [web1, web2, web3] = cluster.nodes;
    await Promise.all([web1.startAgent(), web3.startAgent()]);
    const { code, stdout } = await certbotHa(cluster, ['status']);
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
    const { code, stdout } = await certbotHa(cluster, ['status']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/web2 .* unreachable .* drained; agent port/);
  });

  test('is for programs with --json', async ({ cluster }) => {
    await cluster.configure({ vips: ['127.0.0.1'] });
    const [web1, web2] = cluster.nodes;
    await Promise.all([web1.startAgent(), web2.startAgent()]);
    const { code, stdout, stderr } = await certbotHa(cluster, ['status', '--json']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      nodes: [
        expect.objectContaining({
          node: 'web1',
          isSelf: true,
          agent: 'reachable',
          reason: null,
          challenges: 0,
          heldVips: ['127.0.0.1'],
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
      vips: [{ address: '127.0.0.1', holder: 'web1' }],
      lineages: [],
      outstanding: [],
    });
  });

  test('shows what is outstanding, and nothing of it where nothing is', async ({ cluster }) => {
    await cluster.nodes[0].startAgent();
    expect((await certbotHa(cluster, ['status'])).stdout).not.toContain('OUTSTANDING');
    const delivery = {
      ...{ node: 'web2', lineage: 'www.example.test', id: 'a'.repeat(64) },
      ...{ since: '2026-11-24T07:08:09.123Z' },
    };
    const reason = { code: 'connection-refused', who: 'agent', port: 9480, error: 'ECONNREFUSED' } as const;
    await createOutstanding(cluster.stateDir, noDamage).add([{ ...delivery, reason }]);
    const message = 'agent port 9480: connection refused: is certbot-ha-agent running there?';
    const { stdout } = await certbotHa(cluster, ['status']);
    expect(stdout.trimEnd().split('\n').slice(-3)).toEqual([
      '',
      'OUTSTANDING  LINEAGE           SINCE              REASON',
      `web2         www.example.test  2026-11-24T07:08Z  ${message} [connection-refused]`,
    ]);
    const json = await certbotHa(cluster, ['status', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      outstanding: [{ ...delivery, reason: { ...reason, message } }],
    });
  });

  test('says that a key is not the same', async ({ cluster }) => {
    await Promise.all(cluster.nodes.map(async (node) => await node.startAgent()));
    await writeFile(cluster.keyFile, 'ab'.repeat(32));
    const { code, stdout } = await certbotHa(cluster, ['status']);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /web2 .* the TLS handshake failed: is the cluster key the same there, and its agent restarted since\? \[key-mismatch\]/,
    );
  });
});

describe.concurrent('sync', () => {
  test('ends soon when it is told to while it waits for another roll-out', async ({
    cluster,
    onTestFinished,
  }) => {
    const [requests, lock] = [join(cluster.stateDir, 'requests'), join(cluster.stateDir, 'delivery.lock')];
    await mkdir(requests, { recursive: true });
    await writeFile(join(requests, 'web2'), '');
    await mkdir(lock);
    // As one that is refreshed again and again: it is not to be taken over.
    const later = new Date(Date.now() + 600_000);
    await utimes(lock, later, later);
    const env = cluster.envOf(cluster.nodes[0]);
    const waiting = start([process.execPath, CLI, 'sync'], { env });
    onTestFinished(waiting.kill);
    const isTaken = async () => (await readdir(requests)).length === 0;
    await eventually(isTaken, { timeoutMs: 10_000, what: 'the request to be taken' });
    waiting.child.kill('SIGTERM');
    const toldMs = performance.now();
    expect(await waiting.ended).toMatchObject({
      ...{ code: 1, signal: null, stdout: '' },
      stderr: `certbot-ha: ${cluster.stateDir}/delivery: interrupted while another process had it locked [lock-wait-interrupted]\n`,
    });
    expect(performance.now() - toldMs).toBeLessThan(5_000);
    expect(await readdir(cluster.stateDir)).toContain('delivery.lock');
  });
});

describe.concurrent('is-issuer', () => {
  test('decides in time by what it knows where a name never resolves, and says so', async ({
    cluster,
    directory,
  }) => {
    await writeFile(join(directory, 'getent'), '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 });
    await cluster.configure({
      nodes: { web1: '127.0.0.1', web2: 'web2.example.test' },
      certificates: { issuer: 'web1', configDir: join(directory, 'letsencrypt') },
    });
    const startedMs = performance.now();
    const { code, stdout, stderr } = await certbotHa(cluster, ['is-issuer'], {
      PATH: `${directory}:${process.env['PATH']}`,
      CERTBOT_HA_NODE: '',
    });
    expect(performance.now() - startedMs).toBeLessThan(20_000);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'web1 renews: it is certificates.issuer\n' });
    expect(stderr).toBe(
      'certbot-ha: web2 web2.example.test: has not said what is newer there [newer-not-known]\n' +
        `certbot-ha:   agent port ${cluster.agentPort}: the name does not resolve now [name-not-resolved-now]\n`,
    );
  });

  test('is 1 where nobody holds the VIP, and says so', async ({ cluster }) => {
    await cluster.configure({ vips: ['192.0.2.10'] });
    await Promise.all(cluster.nodes.map(async (node) => await node.startAgent()));
    expect(await certbotHa(cluster, ['is-issuer'])).toMatchObject({
      code: 1,
      stdout: 'web1 does not renew: no node that answers holds the VIP 192.0.2.10 [vip-held-by-nobody]\n',
      stderr: '',
    });
  });
});

describe.concurrent('certonly', () => {
  const withCertbot = async (directory: string, script: string) => {
    const bin = join(directory, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'certbot'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return { PATH: `${bin}:${process.env['PATH']}` };
  };

  test('runs certbot with the hooks of this installation, and what was given behind', async ({
    cluster,
    directory,
  }) => {
    const env = await withCertbot(directory, 'printf "%s\\n" "$@"');
    const { code, stdout, stderr } = await certbotHa(
      cluster,
      ['certonly', '--here', '-d', 'a.example.test', '--dry-run', '--help=x'],
      env,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const hook = (name: string) => `${DIST}/hooks/${name}.js --config ${cluster.configFile}`;
    expect(stdout.trimEnd().split('\n')).toEqual([
      ...['certonly', '--manual', '--preferred-challenges', 'http'],
      ...['--manual-auth-hook', hook('auth'), '--manual-cleanup-hook', hook('cleanup')],
      ...['--deploy-hook', hook('deploy'), '--config-dir', join(directory, 'letsencrypt')],
      ...['-d', 'a.example.test', '--dry-run', '--help=x'],
    ]);
  });

  test.for([
    [['-d', 'a.test', '--help']],
    [['-d', 'a.test', '-h']],
    [['--help', 'all']],
    [['--version']],
    [['-d', 'a.test', '-d', 'b.test', '-d', 'a.test']],
    [['--config', '/etc/letsencrypt/cli.ini', '-d', 'a.test']],
    [['--config-dir=/etc/le', '--no-eff-email', '--unheard-of', '-vv', '-m', 'me@a.test']],
    [['-d', 'a.test', '--', '--json', '--watch']],
    [['--cert-name', 'help', '-d', '', '-d', 'two words']],
    [['--get-yargs-completions', 'status']],
  ] as const)('passes %j on', async ([given], { cluster, directory }) => {
    const env = await withCertbot(directory, 'printf "%s\\n" "$@"');
    const { code, stdout, stderr } = await certbotHa(cluster, ['certonly', '--here', ...given], env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.slice(0, -1).split('\n').slice(-given.length)).toEqual(given);
    const config = ['--config', cluster.configFile];
    const other = { ...env, CERTBOT_HA_CONFIG: '/nowhere/config.yaml' };
    expect((await certbotHa(cluster, [...config, 'certonly', ...given, '--here'], other)).stdout).toBe(
      stdout,
    );
  });

  test('ends as certbot does', async ({ cluster, directory }) => {
    const env = await withCertbot(directory, 'echo certbot says no >&2; exit 7');
    expect(await certbotHa(cluster, ['certonly', '--here', '-d', 'a.test'], env)).toMatchObject({
      code: 1,
      stderr: 'certbot says no\n',
    });
  });

  test.for([
    ['where no agent answers', false, 'this node does not hold the VIP 192.0.2.10 [vip-not-held]'],
    ['where another answers', true, 'no node that answers holds the VIP 192.0.2.10 [vip-held-by-nobody]'],
  ] as const)(
    'is refused on a node that does not hold the VIP, by what is known %s',
    async ([, isAnswered, words], { cluster, directory }) => {
      await cluster.configure({ vips: ['192.0.2.10'] });
      if (isAnswered) await cluster.nodes[1].startAgent();
      const env = await withCertbot(directory, 'echo never; exit 0');
      const { code, stdout, stderr } = await certbotHa(cluster, ['certonly', '-d', 'a.test'], env);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain(`certbot-ha: web1 does not renew: ${words}\n`);
      expect(stderr).toContain('certbot-ha certonly --here');
    },
  );

  test('says that certbot is missing', async ({ cluster, directory }) => {
    const { code, stderr } = await certbotHa(cluster, ['certonly', '-d', 'a.test', '--here'], {
      PATH: directory,
    });
    expect(code).toBe(1);
    expect(stderr).toBe('certbot-ha: certbot is not installed, or not in PATH [certbot-not-installed]\n');
  });
});
