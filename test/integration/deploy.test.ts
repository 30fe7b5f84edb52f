// @module-tag slow
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import { expect, test } from '../support/lineage/certificates.ts';
import { eventsIn } from '../support/cluster/event-files.ts';
import { serveTls } from '../support/cluster/tls-site.ts';
import { HELD_VIP, NO_VIP, setUpDeploy, twoGenerations } from '../support/cluster/deploy-scene.ts';

describe('a certificate that comes into use', () => {
  test('tests, reloads, and ends when the new leaf is served', async ({ ca, directory }) => {
    const scene = await setUpDeploy(directory, await twoGenerations(ca));
    expect(await scene.deploy()).toEqual({
      code: 0,
      signal: null,
      stdout: expect.stringMatching(/^web1 127\.\d+\.\d+\.1: served \(\d+ attempts? in \d+\.\d\d s\)\n$/),
      stderr: '',
    });
    expect(scene.calls()).toEqual(['test', 'reload']);
    const told = { node: 'web1', program: 'deploy', lineage: 'a.test', outcome: 'ok' };
    expect(await eventsIn(scene.stateDir)).toEqual([
      { ...told, event: 'certificate-gate', target: 'web1' },
      { ...told, event: 'renewal' },
    ]);
  });

  test('waits for a web server that is slow to use it', async ({ ca, directory }) => {
    const { before, issued } = await twoGenerations(ca);
    let looksBefore = 0;
    const scene = await setUpDeploy(directory, {
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
    const scene = await setUpDeploy(directory, { ...(await twoGenerations(ca, names)), names });
    const { code, stderr } = await scene.deploy();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await eventually(async () => scene.node.asked.length >= 12, {
      timeoutMs: 8_000,
      what: 'a look before and three after, for each',
    });
    expect(new Set(scene.node.asked)).toEqual(new Set(['a.test', 'certbot-ha-probe.w.test', null]));
    expect(scene.node.asked).toHaveLength(12);
  });

  test('looks at the VIPs that this node holds, and at no other', async ({ ca, directory, skip }) => {
    if (HELD_VIP === undefined) return skip(NO_VIP);
    const { before, issued } = await twoGenerations(ca);
    const scene = await setUpDeploy(directory, { before, issued });
    const vip = await serveTls(issued, { address: HELD_VIP, port: scene.httpsPort });
    onTestFinished(vip.close);
    const config = { ...scene.config, vips: ['127.0.0.1', HELD_VIP, '198.51.100.9'] };
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
    const scene = await setUpDeploy(directory, { before, issued, onCall: () => undefined });
    const nodes = { web1: { address: scene.web1, drained: true } };
    expect(await scene.deploy({ config: { ...scene.config, nodes } })).toMatchObject({
      code: 0,
      stdout: `web1 ${scene.web1}: drained, left out [drained]\n`,
      stderr: '',
    });
    expect(scene.calls()).toEqual(['test', 'reload']);
  });

  test('lies in one file for haproxy before its test', async ({ ca, directory }) => {
    const { before, issued } = await twoGenerations(ca);
    const scene = await setUpDeploy(directory, { before, issued });
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

  test('says what is served where the file for haproxy cannot be written', async ({ ca, directory }) => {
    const { before, issued } = await twoGenerations(ca);
    const scene = await setUpDeploy(directory, { before, issued });
    await mkdir(join(scene.lineage, 'haproxy.pem'));
    const webServer = { ...scene.config.webServer, kind: 'haproxy' };
    const { code, stderr } = await scene.deploy({ config: { ...scene.config, webServer } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^certbot-ha: a\.test: the new certificate .*\[certificate-not-served\]\n/);
    expect(stderr).toMatch(/web1 \S+: roll-out stopped: EISDIR: .*haproxy\.pem.*\[system-error\]\n/);
    expect(stderr).toMatch(/web1 \S+: serves another certificate of this name/);
    expect(scene.calls()).toEqual([]);
  });

  test('only looks where no web server is to be reloaded', async ({ ca, directory }) => {
    const { before, issued } = await twoGenerations(ca);
    const scene = await setUpDeploy(directory, { before, issued });
    scene.node.use(issued);
    const config = { ...scene.config, webServer: { kind: 'none' } };
    const { code, stdout, stderr } = await scene.deploy({ config });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^web1 .*: served/);
    expect(scene.calls()).toEqual([]);
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
    const scene = await setUpDeploy(directory, await twoGenerations(ca));
    const { code, stdout, stderr } = await scene.deploy(changes);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^certbot-ha: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect(scene.calls()).toEqual([]);
  });
});
