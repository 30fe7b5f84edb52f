// @module-tag slow
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DIST, startCli, startInstaller } from '../support/cluster/built.ts';
import { runHook } from '../support/cluster/certbot-hook.ts';
import { makeChallenge } from '../support/cluster/challenge.ts';
import { expect, test, type TestCluster } from '../support/cluster/cluster.ts';
import { createCa } from '../support/lineage/certificates.ts';
import { writeIssuerTree } from '../support/lineage/bundle.ts';
import { start } from '../support/programs/program.ts';
import { lacksFuse, withHangingMount } from '../support/programs/hanging-mount.ts';

const LINEAGE = 'www.example.test';

const lacks = await lacksFuse();

/** All nodes have one webroot, with a directory of theirs where inboxes lie. */
async function sharing(cluster: TestCluster, rest: object = {}, below = 'files'): Promise<string> {
  const webroot = join(cluster.directory, below);
  const nodes = Object.fromEntries(cluster.nodes.map(({ name, address }) => [name, { address, webroot }]));
  await cluster.configure({ nodes, transport: 'shared', ...rest });
  await mkdir(webroot, { recursive: true });
  await mkdir(join(cluster.stateDir, 'shared'), { recursive: true, mode: 0o700 });
  return webroot;
}

async function made(directory: string, name: string): Promise<string> {
  await mkdir(join(directory, name));
  return join(directory, name);
}

/** Whoever still waits for the file system is ended by SIGKILL, which is no program's own end. */
const ENDED_WITH = { code: null, signal: 'SIGKILL' };

test(
  'a webroot that does not answer holds nobody beyond a deadline, and is the only one that is blamed',
  { timeout: 90_000 },
  async ({ cluster, skip }) => {
    skip(lacks !== null, lacks ?? '');
    const webroot = await sharing(cluster);
    const silent = `${webroot}: the file system does not answer [file-system-silent]`;
    await withHangingMount(webroot, [], async ({ hang }) => {
      hang();
      const env = cluster.envOf(cluster.nodes[0]);
      const [auth, cleanup, drill, agent, check, doctor, ...others] = await Promise.all([
        runHook('auth', cluster, makeChallenge()),
        runHook('cleanup', cluster, makeChallenge()),
        startCli(env, ['drill']).ended,
        startCli(env, ['agent']).ended,
        startCli(env, ['agent', '--check']).ended,
        startCli(env, ['doctor']).ended,
        startCli(env, ['status']).ended,
        startCli(env, ['check']).ended,
        startInstaller(env, []).ended,
        startCli(env, ['sync']).ended,
      ]);
      for (const one of [auth, cleanup, drill, check])
        expect(one).toMatchObject({ ...ENDED_WITH, stderr: expect.stringContaining(silent) });
      expect(agent).toMatchObject({ ...ENDED_WITH, stderr: expect.stringContaining('[file-system-silent]') });
      // Those have nothing to do there.
      for (const one of others) expect(one).toMatchObject({ code: 0, stderr: '' });

      const found = doctor.stdout.split('\n').filter((line) => line.startsWith('FAIL'));
      expect(found.filter((line) => /silent|slow/.test(line))).toEqual([`FAIL  webroot: ${silent}`]);
      for (const one of ['sharing', 'challenges', 'left over'])
        expect(doctor.stdout).toContain(`SKIP  ${one}: the file system of the webroot does not answer`);
    });
  },
);

test(
  'a webroot that only the holder of the VIP has mounted, and that does not answer, holds nobody either',
  { timeout: 90_000 },
  async ({ cluster, skip }) => {
    skip(lacks !== null, lacks ?? '');
    const transport = { challenges: 'shared', lineages: 'http' };
    const holder = { transport, webServer: { runsOn: 'holder' }, vips: ['127.255.255.9'] };
    const mounted = join(cluster.directory, 'files');
    // Below the mount: a look at its path alone asks the file system.
    const webroot = await sharing(cluster, holder, 'files/acme');
    const silent = `${webroot}: the file system does not answer [file-system-silent]`;
    await withHangingMount(mounted, [], async ({ hang }) => {
      hang();
      const env = cluster.envOf(cluster.nodes[0]);
      const [auth, drill, check, doctor] = await Promise.all([
        runHook('auth', cluster, makeChallenge()),
        startCli(env, ['drill']).ended,
        startCli(env, ['agent', '--check']).ended,
        startCli(env, ['doctor']).ended,
      ]);
      for (const one of [auth, drill, check])
        expect(one).toMatchObject({ ...ENDED_WITH, stderr: expect.stringContaining(silent) });
      const found = doctor.stdout.split('\n').filter((line) => line.startsWith('FAIL'));
      expect(found.filter((line) => /silent|slow/.test(line))).toEqual([`FAIL  webroot: ${silent}`]);
    });
  },
);

test(
  'inboxes that do not answer hold no challenge, and who sends or installs not beyond a deadline',
  { timeout: 90_000 },
  async ({ cluster, directory, skip }) => {
    skip(lacks !== null, lacks ?? '');
    await sharing(cluster, { webServer: { kind: 'none' } });
    const configDir = join(cluster.directory, 'letsencrypt');
    const ca = await createCa(await made(directory, 'ca'));
    const issued = [await ca.issue([LINEAGE])];
    await writeIssuerTree(configDir, issued, { lineage: LINEAGE });
    const inboxes = join(cluster.stateDir, 'shared');
    await withHangingMount(inboxes, [], async ({ hang }) => {
      hang();
      const env = cluster.envOf(cluster.nodes[0]);
      const renewed = { RENEWED_LINEAGE: join(configDir, 'live', LINEAGE), RENEWED_DOMAINS: LINEAGE };
      const doctor = await startCli(env, ['doctor']).ended;
      const [cleanup, check, installer, deploy, sync, status] = await Promise.all([
        runHook('cleanup', cluster, makeChallenge()),
        startCli(env, ['agent', '--check']).ended,
        startInstaller(env, []).ended,
        start([process.execPath, join(DIST, 'hooks/deploy.js')], { env: { ...env, ...renewed } }).ended,
        startCli(env, ['sync']).ended,
        startCli(env, ['status']).ended,
      ]);
      for (const one of [cleanup, check, status]) expect(one).toMatchObject({ code: 0, stderr: '' });
      const silentOf = (node: string) =>
        `${join(inboxes, node)}: the file system does not answer [file-system-silent]`;
      const silent = silentOf('web1');
      expect(installer).toMatchObject({ ...ENDED_WITH, stderr: expect.stringContaining(silent) });
      for (const one of [deploy, sync])
        for (const { name, address } of cluster.nodes.slice(1)) {
          const line = new RegExp(
            `^certbot-ha: +${name} ${address}: .*${silentOf(name).replaceAll(/[[\]]/g, '\\$&')}$`,
            'm',
          );
          expect(one).toMatchObject({ ...ENDED_WITH, stderr: expect.stringMatching(line) });
        }
      const late = doctor.stdout.split('\n').filter((line) => /silent|slow/.test(line));
      expect(late).toEqual([`FAIL  left over: ${silent}`]);
    });
  },
);

test('where modes are those of the mount, as with SMB, it is enough that all may read a token', async ({
  cluster,
  skip,
}) => {
  skip(lacks !== null, lacks ?? '');
  const webroot = await sharing(cluster);
  const options = ['--chmod-deny', '--chown-deny', '--perms=a+rX'];
  await withHangingMount(webroot, options, async () => {
    const { stderr } = await runHook('auth', cluster, makeChallenge());
    // Nobody serves it here.
    expect(stderr).toContain('0 of 3 targets serve them');
  });
});
