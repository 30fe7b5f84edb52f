import { X509Certificate } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import { expect, type Issued, test } from '../support/lineage/certificates.ts';
import { startDeployHook, type DeployRun } from '../support/cluster/deploy-hook.ts';
import { writeLineage } from '../support/lineage/tree.ts';
import { freePort, loopbackAddresses } from '../support/cluster/addresses.ts';
import { serve } from '../support/cluster/site.ts';
import { serveTls } from '../support/cluster/tls-site.ts';

/** The VIP that this machine holds, wherever the tests run. */
const HELD_VIP = '127.0.0.1';

/** A command list that makes a request, and so tells the test that it was run. */
const call = (url: string) => [process.execPath, '-e', `fetch(${JSON.stringify(url)}, { method: 'POST' })`];

const WHAT_NOW = 'certbot-ha:   nothing is torn down; mend what is named above, then: certbot-ha deploy';

const serialOf = ({ certificate }: Issued) => new X509Certificate(certificate).serialNumber;

interface Scene {
  readonly before: Issued;
  /** the second generation */
  readonly issued: Issued;
  readonly names?: readonly string[];
  /** runs for every call of the web server's commands: `test` or `reload` */
  readonly onCall?: (what: string, node: { use(issued: Issued): void }) => void;
}

/** A node with a web server that shows the first generation until it is told to reload. */
async function setUp(directory: string, { before, issued, names = ['a.test'], onCall }: Scene) {
  const [web1 = '', web2 = ''] = loopbackAddresses(2);
  const httpsPort = await freePort([web1, web2, HELD_VIP]);
  const node = await serveTls(before, { address: web1, port: httpsPort });
  onTestFinished(node.close);
  const control = await serve((request, response) => {
    const what = request.url?.slice(1) ?? '';
    if (onCall) onCall(what, node);
    else if (what === 'reload') node.use(issued);
    response.end();
  });
  onTestFinished(async () => await control.close());
  const url = `http://127.0.0.1:${control.port}`;
  const config = {
    nodes: { web1, web2 },
    vips: [] as readonly string[],
    gate: { timeout: 5, httpsPort },
    webServer: { kind: 'nginx', test: call(`${url}/test`), reload: call(`${url}/reload`) },
  };
  const lineage = await writeLineage(directory, 'a.test', [before, issued]);
  return {
    node,
    web1,
    httpsPort,
    config,
    lineage,
    calls: () => control.requests.map((request) => request.split('/').at(-1)),
    deploy: async (changes: Partial<DeployRun> = {}) =>
      await (
        await startDeployHook({ directory, config, lineage, names, ...changes })
      ).ended,
  };
}

async function twoGenerations(ca: { issue(names: readonly string[]): Promise<Issued> }, names = ['a.test']) {
  return { before: await ca.issue(names), issued: await ca.issue(names) };
}

describe('a certificate that comes into use', () => {
  test('tests, reloads, and ends when the new leaf is served', async ({ ca, directory }) => {
    const scene = await setUp(directory, await twoGenerations(ca));
    expect(await scene.deploy()).toEqual({
      code: 0,
      signal: null,
      stdout: expect.stringMatching(/^web1 127\.\d+\.\d+\.1: served \(\d+ attempts? in \d+\.\d\d s\)\n$/),
      stderr: '',
    });
    expect(scene.calls()).toEqual(['test', 'reload']);
  });

  test('waits for a web server that is slow to use it', async ({ ca, directory }) => {
    const { before, issued } = await twoGenerations(ca);
    let looksBefore = 0;
    const scene = await setUp(directory, {
      before,
      issued,
      onCall: (what, node) => {
        if (what !== 'reload') return;
        looksBefore = scene.node.asked.length;
        const timer = setInterval(() => {
          if (scene.node.asked.length - looksBefore < 3) return;
          clearInterval(timer);
          node.use(issued);
        }, 5);
      },
    });
    const { code, stdout, stderr } = await scene.deploy();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(Number(/\((\d+) attempts/.exec(stdout)?.[1])).toBeGreaterThanOrEqual(4);
  });

  test('looks at every name once, a wildcard by one of its names', async ({ ca, directory }) => {
    const names = ['a.test', '*.w.test', '127.0.0.1', 'a.test'];
    const scene = await setUp(directory, { ...(await twoGenerations(ca, names)), names });
    const { code, stderr } = await scene.deploy();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await eventually(async () => scene.node.asked.length >= 9, { timeoutMs: 8_000, what: 'nine handshakes' });
    expect(new Set(scene.node.asked)).toEqual(new Set(['a.test', 'certbot-ha-probe.w.test', null]));
    expect(scene.node.asked).toHaveLength(9);
  });

  test('looks at the VIPs that this node holds, and at no other', async ({ ca, directory }) => {
    const { before, issued } = await twoGenerations(ca);
    const scene = await setUp(directory, { before, issued });
    const vip = await serveTls(issued, { address: HELD_VIP, port: scene.httpsPort });
    onTestFinished(vip.close);
    const config = { ...scene.config, vips: [HELD_VIP, '192.0.2.10'] };
    const { code, stdout, stderr } = await scene.deploy({ config });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').map((line) => line.split(':')[0])).toEqual([
      `web1 ${scene.web1}`,
      `vip ${HELD_VIP}`,
      '',
    ]);
  });

  test('reloads a drained node, but does not look at it', async ({ ca, directory }) => {
    const { before, issued } = await twoGenerations(ca);
    const scene = await setUp(directory, { before, issued, onCall: () => undefined });
    const nodes = { web1: { address: scene.web1, drained: true } };
    expect(await scene.deploy({ config: { ...scene.config, nodes } })).toMatchObject({
      code: 0,
      stdout: `web1 ${scene.web1}: drained, left out\n`,
      stderr: '',
    });
    expect(scene.calls()).toEqual(['test', 'reload']);
  });

  test('lies in one file for haproxy before its test', async ({ ca, directory }) => {
    const { before, issued } = await twoGenerations(ca);
    const scene = await setUp(directory, { before, issued });
    const both = join(scene.lineage, 'haproxy.pem');
    const webServer = {
      ...scene.config.webServer,
      kind: 'haproxy',
      test: ['grep', '-q', 'PRIVATE KEY', both],
    };
    const { code, stderr } = await scene.deploy({ config: { ...scene.config, webServer } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await readFile(both, 'utf8')).toContain(issued.certificate.trim());
    expect(((await stat(both)).mode & 0o777).toString(8)).toBe('600');
  });

  test('only looks where no web server is to be reloaded', async ({ ca, directory }) => {
    const { before, issued } = await twoGenerations(ca);
    const scene = await setUp(directory, { before, issued });
    scene.node.use(issued);
    const config = { ...scene.config, webServer: { kind: 'none' } };
    const { code, stdout, stderr } = await scene.deploy({ config });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^web1 .*: served/);
    expect(scene.calls()).toEqual([]);
  });
});

describe('a certificate that does not', () => {
  test('fails when the web server keeps serving the one before', async ({ ca, directory }) => {
    const { before, issued } = await twoGenerations(ca);
    const scene = await setUp(directory, { before, issued, onCall: () => undefined });
    const config = { ...scene.config, gate: { ...scene.config.gate, timeout: 1 } };
    const { code, stdout, stderr } = await scene.deploy({ config });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.split('\n')).toEqual([
      `certbot-ha: a.test: the new certificate (serial ${serialOf(issued)}) is not served everywhere`,
      expect.stringMatching(
        /^certbot-ha: {3}web1 127\S+: stopped here: serves another certificate of this name \(serial [0-9A-F]+, not before 20\S+Z\): has it been reloaded\? \(a\.test, \d+ attempts in \d\.\d\d s\)$/,
      ),
      `certbot-ha:   web1 ${scene.web1}: serves another certificate of this name (serial ${serialOf(before)})`,
      WHAT_NOW,
      '',
    ]);
  });

  test('fails when a VIP that this node holds serves another', async ({ ca, directory }) => {
    const { before, issued } = await twoGenerations(ca);
    const scene = await setUp(directory, { before, issued });
    const vip = await serveTls(before, { address: HELD_VIP, port: scene.httpsPort });
    onTestFinished(vip.close);
    const gate = { ...scene.config.gate, timeout: 1 };
    const { code, stderr } = await scene.deploy({ config: { ...scene.config, vips: [HELD_VIP], gate } });
    expect(code).toBe(1);
    expect(stderr.split('\n')).toEqual([
      `certbot-ha: a.test: the new certificate (serial ${serialOf(issued)}) is not served everywhere`,
      expect.stringMatching(/^certbot-ha: {3}web1 127\S+: served \(/),
      expect.stringMatching(/^certbot-ha: {3}vip 127\.0\.0\.1: serves another certificate/),
      WHAT_NOW,
      '',
    ]);
  });

  test('does not reload when the test fails, and passes its message on', async ({ ca, directory }) => {
    const { before, issued } = await twoGenerations(ca);
    const scene = await setUp(directory, { before, issued });
    const argv = ['sh', '-c', 'echo "[emerg] cannot load certificate" >&2; exit 1'];
    const config = { ...scene.config, webServer: { ...scene.config.webServer, test: argv } };
    expect(await scene.deploy({ config })).toMatchObject({
      code: 1,
      stdout: '',
      stderr:
        `certbot-ha: a.test: the new certificate (serial ${serialOf(issued)}) is not served everywhere\n` +
        `certbot-ha:   web1 ${scene.web1}: stopped here: ${argv.join(' ')}: exit 1\n` +
        'certbot-ha:       [emerg] cannot load certificate\n' +
        `certbot-ha:   web1 ${scene.web1}: serves another certificate of this name (serial ${serialOf(before)})\n` +
        `${WHAT_NOW}\n`,
    });
    expect(scene.calls()).toEqual([]);
  });

  test('fails when the reload fails, with its message', async ({ ca, directory }) => {
    const { before, issued } = await twoGenerations(ca);
    const scene = await setUp(directory, { before, issued });
    const argv = ['sh', '-c', 'echo "nginx.service is not active, cannot reload." >&2; exit 1'];
    const config = { ...scene.config, webServer: { ...scene.config.webServer, reload: argv } };
    expect(await scene.deploy({ config })).toMatchObject({
      code: 1,
      stdout: '',
      stderr:
        `certbot-ha: a.test: the new certificate (serial ${serialOf(issued)}) is not served everywhere\n` +
        `certbot-ha:   web1 ${scene.web1}: stopped here: ${argv.join(' ')}: exit 1\n` +
        'certbot-ha:       nginx.service is not active, cannot reload.\n' +
        `certbot-ha:   web1 ${scene.web1}: serves another certificate of this name (serial ${serialOf(before)})\n` +
        `${WHAT_NOW}\n`,
    });
    // Nothing is waited for: what is served is asked once, for the report.
    expect(scene.node.asked).toEqual(['a.test']);
  });

  test('does not touch the web server for a lineage that is not sound', async ({ ca, directory }) => {
    const scene = await setUp(directory, await twoGenerations(ca));
    const other = await ca.issue(['a.test']);
    await writeFile(join(scene.lineage, 'privkey.pem'), other.key);
    const { code, stdout, stderr } = await scene.deploy({ names: ['a.test', 'b.test'] });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^certbot-ha: \/.*\/live\/a\.test\/privkey\.pem: not the key of cert\.pem/),
      `certbot-ha: ${scene.lineage}/cert.pem: does not cover b.test, only a.test`,
      'certbot-ha:   nothing has been delivered or reloaded',
      '',
    ]);
    const keyLine = (await readFile(join(scene.lineage, 'privkey.pem'), 'utf8')).split('\n')[1];
    expect(stderr).not.toContain(keyLine);
    expect(scene.calls()).toEqual([]);
  });

  test('ends early when it is interrupted', async ({ ca, directory }) => {
    const { before, issued } = await twoGenerations(ca);
    const scene = await setUp(directory, { before, issued, onCall: () => undefined });
    const config = { ...scene.config, gate: { ...scene.config.gate, timeout: 60 } };
    const hook = await startDeployHook({ directory, config, lineage: scene.lineage, names: ['a.test'] });
    onTestFinished(async () => await hook.kill());
    await eventually(async () => scene.node.asked.length > 0, { timeoutMs: 8_000, what: 'a handshake' });
    hook.child.kill('SIGTERM');
    const { code, stderr } = await hook.ended;
    expect(code).toBe(1);
    expect(stderr).toContain(
      `a.test: the new certificate (serial ${serialOf(issued)}) is not served everywhere`,
    );
  });
});

describe('bad input', () => {
  test.for([
    ['RENEWED_LINEAGE is missing', { lineage: '' }, 'RENEWED_LINEAGE: missing from the environment'],
    ['RENEWED_LINEAGE is relative', { lineage: 'live/a.test' }, 'RENEWED_LINEAGE: expected an absolute path'],
    [
      'RENEWED_LINEAGE is not there',
      { lineage: '/nowhere/live/a.test' },
      'RENEWED_LINEAGE: no such directory: /nowhere/live/a.test',
    ],
    ['RENEWED_DOMAINS is missing', { names: [] }, 'RENEWED_DOMAINS: missing from the environment'],
    ['RENEWED_DOMAINS is blank', { names: ['', ''] }, 'RENEWED_DOMAINS: expected DNS names and IP addresses'],
    ['RENEWED_DOMAINS has no name in it', { names: ['a..b'] }, 'RENEWED_DOMAINS: expected DNS names'],
    ['the configuration is wrong', { config: { nodes: {} } }, 'nodes: expected at least one node'],
  ] as const)('exits with 2 when %s', async ([, changes, message], { ca, directory }) => {
    const scene = await setUp(directory, await twoGenerations(ca));
    const { code, stdout, stderr } = await scene.deploy(changes);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^certbot-ha: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect(scene.calls()).toEqual([]);
  });
});
