// @module-tag slow
import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import { expect, type Issued, test } from '../support/lineage/certificates.ts';
import { startDeployHook } from '../support/cluster/deploy-hook.ts';
import { serveTls } from '../support/cluster/tls-site.ts';
import { HELD_VIP, NO_VIP, setUpDeploy, twoGenerations } from '../support/cluster/deploy-scene.ts';

const WHAT_NOW =
  'certbot-ha:   no other node was changed or rolled back; fix what is named above, then: certbot-ha deploy';

const serialOf = ({ certificate }: Issued) => new X509Certificate(certificate).serialNumber;

/** The report where a command of web1's web server has failed with these words. */
function stopped(
  { before, issued, web1 }: { readonly before: Issued; readonly issued: Issued; readonly web1: string },
  { code, argv }: { readonly code: string; readonly argv: readonly string[] },
  words: string,
): string {
  return [
    `certbot-ha: a.test: the new certificate (serial ${serialOf(issued)}) is not served everywhere [certificate-not-served]`,
    `certbot-ha:   web1 ${web1}: roll-out stopped: ${argv.join(' ')}: exit 1 [${code}]`,
    `certbot-ha:       ${words}`,
    `certbot-ha:   web1 ${web1}: serves another certificate of this name (serial ${serialOf(before)}) [other-certificate-served]`,
    `${WHAT_NOW}\n`,
  ].join('\n');
}

describe('a certificate that does not', () => {
  test('fails when the web server keeps serving the one before', async ({ ca, directory }) => {
    const { before, issued } = await twoGenerations(ca);
    const scene = await setUpDeploy(directory, { before, issued, onCall: () => undefined });
    const config = { ...scene.config, gate: { ...scene.config.gate, timeout: 1 } };
    const { code, stdout, stderr } = await scene.deploy({ config });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.split('\n')).toEqual([
      `certbot-ha: a.test: the new certificate (serial ${serialOf(issued)}) is not served everywhere [certificate-not-served]`,
      expect.stringMatching(
        /^certbot-ha: {3}web1 127\S+: roll-out stopped: serves another certificate of this name \(serial [0-9A-F]+, not before 20\S+Z\): has it been reloaded\? \(a\.test, \d+ attempts in \d\.\d\d s\) \[other-certificate-served\]$/,
      ),
      `certbot-ha:   web1 ${scene.web1}: serves another certificate of this name (serial ${serialOf(before)}) [other-certificate-served]`,
      WHAT_NOW,
      '',
    ]);
  });

  test('fails when a VIP that this node holds serves another', async ({ ca, directory, skip }) => {
    if (HELD_VIP === undefined) return skip(NO_VIP);
    const { before, issued } = await twoGenerations(ca);
    const scene = await setUpDeploy(directory, { before, issued });
    const vip = await serveTls(before, { address: HELD_VIP, port: scene.httpsPort });
    onTestFinished(vip.close);
    const gate = { ...scene.config.gate, timeout: 1 };
    const { code, stderr } = await scene.deploy({ config: { ...scene.config, vips: [HELD_VIP], gate } });
    expect(code).toBe(1);
    expect(stderr.split('\n')).toEqual([
      `certbot-ha: a.test: the new certificate (serial ${serialOf(issued)}) is not served everywhere [certificate-not-served]`,
      expect.stringMatching(/^certbot-ha: {3}web1 127\S+: served \(/),
      expect.stringContaining(`certbot-ha:   vip ${HELD_VIP}: serves another certificate`),
      WHAT_NOW,
      '',
    ]);
  });

  test.for([
    ['test', 'web-server-test-failed', '[emerg] cannot load certificate', []],
    ['reload', 'web-server-reload-failed', 'nginx.service is not active, cannot reload.', ['test']],
  ] as const)(
    "fails when the web server's %s fails, passes its message on, and does nothing further",
    async ([which, code, words, calls], { ca, directory }) => {
      const { before, issued } = await twoGenerations(ca);
      const scene = await setUpDeploy(directory, { before, issued });
      const argv = ['sh', '-c', `echo "${words}" >&2; exit 1`];
      const config = { ...scene.config, webServer: { ...scene.config.webServer, [which]: argv } };
      expect(await scene.deploy({ config })).toMatchObject({
        code: 1,
        stdout: '',
        stderr: stopped({ before, issued, web1: scene.web1 }, { code, argv }, words),
      });
      expect(scene.calls()).toEqual(calls);
      // Nothing is waited for: what is served is asked once before, and once for the report.
      expect(scene.node.asked).toEqual(['a.test', 'a.test']);
    },
  );

  test('does not touch the web server for a lineage that is not sound', async ({ ca, directory }) => {
    const scene = await setUpDeploy(directory, await twoGenerations(ca));
    const other = await ca.issue(['a.test']);
    await writeFile(join(scene.lineage, 'privkey.pem'), other.key);
    const { code, stdout, stderr } = await scene.deploy({ names: ['a.test', 'b.test'] });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^certbot-ha: \/.*\/live\/a\.test\/privkey\.pem: not the key of cert\.pem/),
      `certbot-ha: ${scene.lineage}/cert.pem: does not cover b.test, only a.test [name-not-covered]`,
      'certbot-ha:   nothing of this lineage has been delivered',
      '',
    ]);
    const keyLine = (await readFile(join(scene.lineage, 'privkey.pem'), 'utf8')).split('\n')[1];
    expect(stderr).not.toContain(keyLine);
    expect(scene.calls()).toEqual([]);
  });

  test('ends early when it is interrupted', async ({ ca, directory }) => {
    const { before, issued } = await twoGenerations(ca);
    const scene = await setUpDeploy(directory, { before, issued, onCall: () => undefined });
    const config = { ...scene.config, gate: { ...scene.config.gate, timeout: 60 } };
    const hook = await startDeployHook({ directory, config, lineage: scene.lineage, names: ['a.test'] });
    onTestFinished(async () => await hook.kill());
    await eventually(async () => scene.node.asked.length > 0, { timeoutMs: 8_000, what: 'a handshake' });
    hook.child.kill('SIGTERM');
    const { code, stderr } = await hook.ended;
    expect(code).toBe(1);
    expect(stderr).toContain(
      `a.test: the new certificate (serial ${serialOf(issued)}) is not served everywhere [certificate-not-served]`,
    );
  });
});
