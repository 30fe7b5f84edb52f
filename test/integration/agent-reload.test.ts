// @module-tag slow
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from 'undici';
import { onTestFinished } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import { startAgent } from '../support/cluster/agent-process.ts';
import { startCli } from '../support/cluster/built.ts';
import { makeChallenge } from '../support/cluster/challenge.ts';
import { expect, test, type TestCluster } from '../support/cluster/cluster.ts';
import {
  ask,
  askJson,
  channelTo,
  openSocket,
  untilClosed,
  type Channel,
} from '../support/cluster/raw-channel.ts';
import { usedBy } from '../support/cluster/used-by.ts';

const CHALLENGES = '.well-known/acme-challenge';
/** The user, and its group, of Debian. */
const NOBODY = 65_534;

/** The agent of the second node, as systemd starts it, and what `systemctl reload` runs. */
async function reloadable(cluster: TestCluster) {
  const env = { ...cluster.envOf(cluster.nodes[1]), RUNTIME_DIRECTORY: cluster.directory };
  const agent = await startAgent(env);
  onTestFinished(async () => void (await agent.close()));
  const reload = async () =>
    await startCli({ ...env, MAINPID: String(agent.program.pid) }, ['agent', '--reload']).ended;
  return { agent, reload };
}

async function present(channel: Channel) {
  const { token, keyAuthorization } = makeChallenge();
  const { status } = await askJson(channel, 'PUT', '/v1/challenges', {
    challenges: [{ token, keyAuthorization }],
  });
  return { token, status };
}

/** What the configuration has besides, with this changed. */
function agentOf({ agentPort: port, keyFile }: TestCluster, changes: object = {}) {
  return { agent: { port, keyFile, ...changes } };
}

function nodesOf({ nodes, adminPort }: TestCluster, count: number, webroot?: string) {
  return {
    nodes: Object.fromEntries(
      nodes.slice(0, count).map((node) => [
        node.name,
        {
          address: node.address,
          webroot: (node.name === 'web2' ? webroot : undefined) ?? node.webroot,
          adminListen: `${node.address}:${adminPort}`,
        },
      ]),
    ),
  };
}

/** As another ACME client puts it there. */
async function put(webroot: string): Promise<string> {
  const { token, keyAuthorization } = makeChallenge();
  await writeFile(join(webroot, CHALLENGES, token), keyAuthorization);
  return token;
}

/** What the second node answers a web server that looks up what no node has. */
async function lookedUp({ nodes, adminPort }: TestCluster) {
  const url = `http://${nodes[1].address}:${adminPort}/${CHALLENGES}/${makeChallenge().token}`;
  return await (await request(url)).body.text();
}

test('a reload takes over a webroot, a peer, the time that a token may live, the look-up and the key', async ({
  cluster,
}) => {
  const [, web2, web3] = cluster.nodes;
  const before = await channelTo(cluster);
  const after = { ...before, key: randomBytes(32) };
  const [old, young] = [before, after].map(({ key }) => `${key.toString('hex')}\n`);
  await writeFile(cluster.keyFile, `${old}${young}`);
  await web3.startAgent();
  await writeFile(cluster.keyFile, `${old}`);
  await cluster.configure(nodesOf(cluster, 2));
  const { reload } = await reloadable(cluster);
  const kept = await openSocket(before);
  expect((await present(before)).status).toBe(200);
  const [first] = await web2.tokens();
  expect(await lookedUp(cluster)).toContain('no such challenge');

  const webroot = join(cluster.directory, 'elsewhere');
  await mkdir(webroot);
  await writeFile(cluster.keyFile, `${young}`);
  await cluster.configure({
    ...nodesOf(cluster, 3, webroot),
    ...agentOf(cluster, { tokenTtl: 2, lookup: 'off' }),
  });
  expect(await reload()).toMatchObject({ code: 0, stdout: '', stderr: '' });

  kept.write('GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n');
  expect(await untilClosed(kept)).toBe('');
  await expect(ask(before, {})).rejects.toThrow();
  const { token, status } = await present(after);
  expect([status, await readdir(join(webroot, CHALLENGES))]).toEqual([200, [token]]);
  expect(await lookedUp(cluster)).not.toContain('no such challenge');
  const others = await put(webroot);
  const arrived = async () => (await web3.tokens()).includes(others);
  await eventually(arrived, { timeoutMs: 5_000, what: 'another client’s token on the new peer' });
  const areGone = async () => (await readdir(join(webroot, CHALLENGES))).length === 0;
  await eventually(areGone, { timeoutMs: 6_000, what: 'the tokens to go' });
  // The earlier webroot is nobody's any more.
  expect(await web2.tokens()).toEqual([first]);
});

test('what is wrong is refused whole, with all that is wrong, and what only a restart helps with as well', async ({
  cluster,
}) => {
  const { agent, reload } = await reloadable(cluster);
  const channel = await channelTo(cluster);
  const good = await readFile(cluster.configFile, 'utf8');
  const refuse = async (code: number, ...said: readonly (string | RegExp)[]) => {
    const ended = await reload();
    expect([ended.code, ended.stdout]).toEqual([code, '']);
    expect(ended.stderr).toContain('the agent goes on with what it has [reload-refused]');
    for (const one of said) expect(ended.stderr).toMatch(one);
    expect((await present(channel)).status).toBe(200);
    await writeFile(cluster.configFile, good);
  };
  await cluster.configure({ ...agentOf(cluster, { tokenTtl: -1, lookups: true }), nodes: { web2: {} } });
  await refuse(2, /agent\.tokenTtl/, /agent\.lookups/, /address/);
  await cluster.configure({
    ...nodesOf(cluster, 3, '/proc/no-webroot'),
    ...agentOf(cluster, { tokenTtl: 2 }),
  });
  await refuse(2, /\/proc\/no-webroot/);
  await cluster.configure(agentOf(cluster, { port: cluster.agentPort + 1 }));
  await refuse(1, new RegExp(`listens on .*:${cluster.agentPort}, .*only a restart`), /restart-needed/);
  await chmod(cluster.keyFile, 0o644);
  await refuse(2, /cluster\.key.*0644/);
  const refusals = agent.log().filter(({ code }) => code === 'reload-refused');
  expect(refusals).toHaveLength(4);
  expect(refusals[0]).toMatchObject({ level: 'error', problems: expect.any(Array) as unknown[] });

  await chmod(cluster.keyFile, 0o640);
  expect(await reload()).toMatchObject({ code: 0, stderr: '' });
});

test('50 reloads under load fail no request, and leave memory and files as they were', async ({
  cluster,
}) => {
  const [, web2, web3] = cluster.nodes;
  await web3.startAgent();
  const { agent } = await reloadable(cluster);
  const channel = await channelTo(cluster);
  const over = new AbortController();
  const statuses: number[] = [];
  const client = async () => {
    while (!over.signal.aborted) statuses.push((await present(channel)).status);
  };
  const clients = Promise.all([client(), client()]);
  const ended = clients.catch(() => undefined); // what went wrong is seen below
  onTestFinished(async () => {
    over.abort();
    await ended;
  });
  const slow = await openSocket(channel);
  const { token, keyAuthorization } = makeChallenge();
  const body = JSON.stringify({ challenges: [{ token, keyAuthorization }] });
  const head = `PUT /v1/challenges HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;
  slow.write(`${head}content-length: ${body.length}\r\n\r\n${body.slice(0, 20)}`);

  const taken = () => agent.log().filter(({ msg }) => msg === 'reloaded').length;
  const reloadTimes = async (count: number) => {
    for (let until = taken() + count; taken() < until;) {
      const seen = taken();
      agent.program.child.kill('SIGHUP');
      await eventually(async () => taken() > seen, { timeoutMs: 60_000, what: 'a reload' });
    }
  };
  await reloadTimes(1);
  slow.write(`${body.slice(20)}${head}content-length: ${body.length}\r\n\r\n${body}`);
  const answers = async () => {
    let text = '';
    for await (const chunk of slow) if (/(?:200 OK[^]*){2}/.test((text += String(chunk)))) break;
    return text;
  };
  expect(await answers()).not.toMatch(/connection: close/i);
  await reloadTimes(9);
  const before = await usedBy(agent.program.pid);
  await reloadTimes(40);
  over.abort();
  await clients;
  // The heap breathes; what leaks does not come down again. And it may still look at each token.
  const settled = async () => {
    await reloadTimes(1);
    return await usedBy(agent.program.pid);
  };
  const after = await eventually(settled, {
    until: ({ files, megabytes }) => files <= before.files + 2 && megabytes < before.megabytes + 20,
    ...{ timeoutMs: 120_000, what: 'memory and files as before' },
  });
  const counts = `${taken()} reloads, ${statuses.length} pushes`;
  console.log(`agent: ${before.megabytes} MB after 10 reloads, ${after.megabytes} MB after ${counts}`);
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  expect(statuses.length).toBeGreaterThan(20);

  // Nothing of the generations before watches any more.
  const others = await put(web2.webroot);
  const arrived = async () => (await web3.tokens()).includes(others);
  await eventually(arrived, { timeoutMs: 20_000, what: 'another client’s token on a peer' });
  const told = () => agent.log().filter(({ msg }) => msg === 'presented on a peer');
  // The peer has it before its answer is here.
  await eventually(async () => told().length > 0, { timeoutMs: 20_000, what: 'the peer’s answer' });
  await agent.close();
  expect(told().map(({ node, tokens }) => [node, tokens])).toEqual([['web3', [others]]]);
}, 240_000);

test('many reloads at once are one or two, and SIGTERM in the midst of one ends the agent within 2 s', async ({
  cluster,
}) => {
  const { agent } = await reloadable(cluster);
  for (let count = 0; count < 10; count += 1) agent.program.child.kill('SIGHUP');
  await agent.program.says(/"msg":"reloaded"/);
  expect((await present(await channelTo(cluster))).status).toBe(200);
  agent.program.child.kill('SIGHUP');
  const startedMs = performance.now();
  expect(await agent.close()).toMatchObject({ code: 0, stderr: '' });
  expect(performance.now() - startedMs).toBeLessThan(2_000);
  expect(agent.log().filter(({ msg }) => msg === 'reloaded').length).toBeLessThan(4);
});

test('agent --check says what an agent would not start with, and agent --reload wants one that can be reloaded', async ({
  cluster,
}) => {
  const env = cluster.envOf(cluster.nodes[1]);
  const check = async () => await startCli(env, ['agent', '--check']).ended;
  expect(await check()).toMatchObject({
    code: 0,
    stdout: `${cluster.configFile}: the agent of web2 can run with it\n`,
    stderr: '',
  });
  await chmod(cluster.keyFile, 0o644);
  expect(await check()).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('0644') as string,
  });
  const runtime = { RUNTIME_DIRECTORY: cluster.directory, MAINPID: String(process.pid) };
  for (const given of [{}, runtime])
    expect(await startCli({ ...env, ...given }, ['agent', '--reload']).ended).toMatchObject({
      ...{ code: 1, stdout: '' },
      stderr: expect.stringContaining('[reload-impossible]') as string,
    });
});

test.skipIf(process.getuid?.() !== 0)(
  'agent --check as root sees what the user of its unit sees, all of it, and makes no directory',
  async ({ cluster }) => {
    const [bin, web2] = [join(cluster.directory, 'bin'), cluster.nodes[1]];
    await mkdir(bin);
    const runsAs = async (user: string) =>
      await writeFile(join(bin, 'systemctl'), `#!/bin/sh\necho User=${user}\necho Group=\n`, { mode: 0o755 });
    await chmod(cluster.directory, 0o755);
    const env = cluster.envOf(web2);
    const check = async () =>
      await startCli({ ...env, PATH: `${bin}:${env['PATH']}` }, ['agent', '--check']).ended;
    await rm(join(web2.webroot, '.well-known'), { recursive: true, force: true });
    await chmod(cluster.keyFile, 0o600);
    await runsAs('nobody');
    const refused = await check();
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('cannot be read (EACCES) [key-file-unreadable]');
    expect(refused.stderr).toContain('not writable (EACCES) [webroot-not-writable]');
    await chown(web2.webroot, NOBODY, NOBODY);
    await chown(cluster.keyFile, 0, NOBODY);
    await chmod(cluster.keyFile, 0o640);
    expect(await check()).toMatchObject({ code: 0, stderr: '' });
    expect(await readdir(web2.webroot)).toEqual([]);
    await writeFile(join(bin, 'setpriv'), '#!/bin/sh\necho certbot-ha: WORDS >&2; kill -9 $$\n', {
      mode: 0o755,
    });
    expect(await check()).toMatchObject({ code: 1, stdout: '', stderr: 'certbot-ha: WORDS\n' });
    await runsAs('none-such');
    expect(await check()).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('[user-missing]') as string,
    });
  },
);
