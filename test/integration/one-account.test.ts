// @module-tag slow
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import { environmentOf, startCli } from '../support/cluster/built.ts';
import { expect, NAME, type PairNode } from '../support/cluster/pair.ts';
import { test } from '../support/cluster/renewed-pair.ts';
import { writeAccount } from '../support/lineage/accounts.ts';
import { ACCOUNT, SERVER } from '../support/lineage/renewal-conf.ts';

const ACCOUNTS = 'accounts/ca.example.test:14000/dir';
const OTHER_NAME = 'shop.example.test';
const ARGV = ['certonly', '--here', '-n', '-d', '192.0.2.1', '--server', SERVER] as const;

/** `certbot-ha ARGV` on a node whose certbot only says with what it was started, and which accounts it has found. */
async function certonly(node: PairNode, argv: readonly string[] = ARGV) {
  const root = dirname(node.stateDir);
  await mkdir(join(root, 'bin'), { recursive: true });
  const accounts = join(node.configDir, ACCOUNTS);
  const says = `printf '%s\\n' "$@"\nls '${accounts}' 2>/dev/null | sed 's/^/found: /'\n`;
  await writeFile(join(root, 'bin/certbot'), `#!/bin/sh\n${says}`, { mode: 0o755 });
  const env = environmentOf(join(root, 'config.yaml'));
  return await startCli({ ...env, PATH: `${root}/bin:${process.env['PATH']}` }, argv).ended;
}

const accountsOn = async ({ configDir }: PairNode) =>
  await readdir(join(configDir, ACCOUNTS)).catch(() => []);

describe('the cluster has one ACME account', () => {
  test('a node that has none takes its peers’ before certbot would register one', async ({
    pair: { web1, web2 },
    issued,
  }) => {
    await web1.has(NAME, issued.old);
    for (const node of [web1, web2]) await node.startAgent();
    await web2.startInstaller();
    const running = certonly(web2);
    const isAsked = async () => (await web1.requests()).includes('web2');
    await eventually(isAsked, { timeoutMs: 10_000, what: 'web1 to be asked' });
    await web1.command('sync');

    const { code, stdout, stderr } = await running;

    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining(`\nfound: ${ACCOUNT}\n`) as string,
    });
    expect(stderr).not.toContain('account');
  });

  test('where it does not come, certbot is not run, but for --here', async ({
    pair: { web1, web2 },
    issued,
  }) => {
    await web1.has(NAME, issued.old);
    for (const node of [web1, web2]) await node.startAgent();
    const [refused, forced] = await Promise.all([
      certonly(
        web2,
        ARGV.filter((argument) => argument !== '--here'),
      ).then(async (ended) => ended),
      certonly(web2),
    ]);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(forced.code).toBe(0);
    expect(forced.stderr).toContain(
      `the cluster may have an ACME account of this CA; lineages that did not arrive within 20 s: ${NAME}`,
    );
    expect(forced.stdout).not.toContain('--account');
  });

  test('where two nodes have issued with one each, certonly goes on with the first on both, and status tells', async ({
    pair: { web1 },
    issued,
  }) => {
    await web1.has(NAME, issued.old);
    const second = await writeAccount(web1.configDir, { registered: '2026-12-24T00:00:00Z' });
    const first = await writeAccount(web1.configDir, { registered: '2025-12-24T00:00:00Z' });

    // In use counts more than age.
    const { code, stdout, stderr } = await certonly(web1);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining(`\n--account\n${ACCOUNT}\n-n\n`) as string,
    });
    expect(stderr).toMatch(
      new RegExp(`${SERVER}: this node has 3 ACME accounts; .* ${ACCOUNT} .*\\[account-chosen\\]`),
    );
    const said = await certonly(web1, [...ARGV, `--account=${second}`]);
    expect(said).toMatchObject({ code: 0, stderr: expect.not.stringContaining('account') as string });
    expect(said.stdout).not.toContain(`\n${ACCOUNT}\n`);
    const [people, programs, monitors] = await Promise.all(
      [['status'], ['status', '--json'], ['status', '--check']].map(
        async (argv) => await web1.command(...argv),
      ),
    );
    expect(people?.stdout).toContain(`certbot-ha certonly uses ${ACCOUNT}; besides it: ${first}, ${second}`);
    expect(JSON.parse(programs?.stdout ?? '')).toMatchObject({
      ...{ accounts: [], notes: [{ code: 'accounts-several', account: ACCOUNT }] },
    });
    expect(monitors?.stdout).not.toContain('[accounts-several]');
  });

  test('a lineage that is issued again keeps its own, however it is named', async ({
    pair: { web1 },
    ca,
  }) => {
    await web1.has(NAME, await ca.issue([NAME]));
    await web1.has(OTHER_NAME, await ca.issue([OTHER_NAME]));
    const other = await writeAccount(web1.configDir, { registered: '2027-12-24T00:00:00Z' });
    const conf = join(web1.configDir, 'renewal', `${OTHER_NAME}.conf`);
    await writeFile(conf, (await readFile(conf, 'utf8')).replace(ACCOUNT, other));
    expect((await web1.command('status', '--check')).stdout).toContain('[accounts-several]');
    const accountFor = async (...given: readonly string[]) => {
      const { stdout } = await certonly(web1, ['certonly', '--here', '--server', SERVER, ...given]);
      return /--account\n(.*)/.exec(stdout)?.[1];
    };
    expect(await accountFor('-d', `${OTHER_NAME},www.${OTHER_NAME}`)).toBe(other);
    expect(await accountFor('--cert-name', OTHER_NAME, '-d', NAME)).toBe(other);
    expect(await accountFor('-d', NAME)).toBe(ACCOUNT);
    expect(await accountFor('-d', `new.${NAME}`)).toBe(ACCOUNT);

    await rm(join(web1.configDir, 'accounts/ca.example.test:14000/dir', other), { recursive: true });
    const again = ['certonly', '--server', SERVER, '-d', OTHER_NAME];
    const refused = await certonly(web1, again);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain(`to change to ${ACCOUNT}: certbot-ha certonly --account ${ACCOUNT} …;`);
    expect(await accountFor('-d', OTHER_NAME, '--account', ACCOUNT)).toBe(ACCOUNT);
    expect(await certonly(web1, [...again, '--here'])).toMatchObject({
      ...{ code: 0, stderr: expect.stringContaining('[account-would-change]') as string },
    });
  });

  test('a node that has lost its account says so, asks for it, and has it after its peer’s sync', async ({
    pair: { web1, web2 },
    issued,
    ca,
  }) => {
    const other = await ca.issue([OTHER_NAME]);
    // web2 first: an agent that does not listen yet is asked again later, in the middle of the test.
    for (const node of [web2, web1]) {
      await node.has(NAME, issued.old);
      await node.has(OTHER_NAME, other);
      await node.startAgent();
    }
    const isAsked = async () => (await web2.requests()).includes('web1');
    await eventually(isAsked, { timeoutMs: 10_000, what: 'web2 to be asked' });
    await web2.startInstaller();
    await rm(join(web2.configDir, 'accounts'), { recursive: true });
    const lost = await web2.command('sync');
    expect(lost).toMatchObject({ code: 1, stderr: expect.stringContaining('[account-lost]') as string });
    // The first has answered what the agents have asked for at their start.
    const asking = await web2.command('sync');
    expect(asking.stdout).toBe(
      `web1: asked for the ACME account of ${OTHER_NAME}, ${NAME} [account-asked]\n`,
    );
    expect((await web2.command('status', '--check')).stdout).toContain('[account-lost]');
    expect(await web1.requests()).toEqual(['web2']);
    // One lineage brings the account of both.
    expect((await web1.command('sync')).stdout.match(/: delivered$/gm)).toHaveLength(1);
    expect(await accountsOn(web2)).toEqual([ACCOUNT]);
    expect((await web2.command('sync')).stderr).not.toContain('account');
  });

  test('is-issuer has it back before it answers', async ({ pair: { web1, web2 }, issued }) => {
    for (const node of [web1, web2]) {
      await node.has(NAME, issued.old);
      await node.startAgent();
    }
    await web1.startInstaller();
    await rm(join(web1.configDir, 'accounts'), { recursive: true });
    const asking = web1.command('is-issuer');
    const isAsked = async () => (await web2.requests()).includes('web1');
    await eventually(isAsked, { timeoutMs: 10_000, what: 'web2 to be asked' });
    await web2.command('sync');
    expect(await asking).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('[account-lost]') as string,
    });
    expect(await accountsOn(web1)).toEqual([ACCOUNT]);
  });
});
