// @module-tag slow
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { createWebroot } from '../../lib/challenge/webroot.ts';
import { layoutOf } from '../../lib/state/layout.ts';
import { eventually } from '../lab/eventually.ts';
import { makeChallenge } from '../support/cluster/challenge.ts';
import { expect, test } from '../support/cluster/cluster.ts';
import { CLI } from '../support/cluster/command-line.ts';
import { ask, askJson, channelTo, keyIn, openSocket, untilClosed } from '../support/cluster/raw-channel.ts';
import { start } from '../support/programs/program.ts';

describe('the agent', () => {
  test('logs JSON lines, and nothing to stderr, until SIGTERM ends it with exit 0', async ({ cluster }) => {
    const agent = await cluster.nodes[1].startAgent();
    const challenge = makeChallenge();
    const { token, keyAuthorization } = challenge;
    await askJson(await channelTo(cluster), 'PUT', '/v1/challenges', {
      challenges: [{ token, keyAuthorization }],
    });
    const { code, signal, stderr } = await agent.close();
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
    // fastify says `Server listening at …` besides.
    const log = agent.log().filter(({ msg }) => !msg.startsWith('Server listening'));
    expect(log.map(({ level, msg }) => `${level}: ${msg}`)).toEqual([
      'info: listening',
      'info: presented',
      'info: stopping',
    ]);
    expect(log[0]).toMatchObject({
      node: 'web2',
      address: cluster.nodes[1].address,
      port: cluster.agentPort,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    expect(log[1]).toMatchObject({ tokens: [token] });
    expect(JSON.stringify(log)).not.toContain(keyAuthorization);
  });

  test('logs no character that moves a cursor or turns the text about', async ({ cluster }) => {
    const stateDir = join(cluster.directory, 'state\u009b31m\u202e');
    await cluster.configure({ stateDir });
    const { installed, installedOf } = layoutOf(stateDir);
    await mkdir(installed, { recursive: true });
    await writeFile(installedOf('www.example.org'), '{');
    const agent = await cluster.nodes[1].startAgent();
    expect((await ask(await channelTo(cluster), { path: '/v1/lineages' })).status).toBe(200);
    await agent.close();
    expect(agent.log()).toContainEqual(expect.objectContaining({ file: installedOf('www.example.org') }));
    expect(agent.program.stdout()).not.toMatch(/[\u007f-\u009f\u202e]/);
  });

  test('ends within 5 s where a call on its files never comes back', async ({ cluster }) => {
    // Node.js makes directories below /proc without end.
    await cluster.configure({ stateDir: '/proc/nope' });
    const agent = await cluster.nodes[1].startAgent();
    const startedMs = performance.now();
    agent.program.child.kill('SIGTERM');
    const late = setTimeout(() => agent.program.child.kill('SIGKILL'), 20_000);
    expect(await agent.program.ended).toMatchObject({ signal: 'SIGKILL' });
    clearTimeout(late);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });

  test('ends within 2 s of SIGTERM: answers what has been asked, and who has just connected, and cuts off what is half sent', async ({
    cluster,
  }) => {
    const agent = await cluster.nodes[1].startAgent();
    const channel = await channelTo(cluster);
    const [idle, half, slow] = await Promise.all([
      openSocket(channel),
      openSocket(channel),
      openSocket(channel),
    ]);
    const request = 'PUT /v1/challenges HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
    const { token, keyAuthorization } = makeChallenge();
    const body = JSON.stringify({ challenges: [{ token, keyAuthorization }] });
    half.write(`${request}content-length: 100\r\n\r\n{`);
    slow.write(`${request}content-length: ${body.length}\r\n\r\n${body.slice(0, 20)}`);
    // They arrive one after the other: when this is answered, those have been seen.
    expect((await ask(channel, {})).status).toBe(200);
    const startedMs = performance.now();
    const ended = agent.close();
    await agent.program.says(/"msg":"stopping"/);
    await expect(openSocket(channel)).rejects.toThrow(/ECONNREFUSED|ECONNRESET/);
    slow.write(body.slice(20));
    expect(await untilClosed(slow)).toMatch(/^HTTP\/1\.1 200 .*connection: close.*"present":1/is);
    expect((await ended).code).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    await Promise.all([untilClosed(idle), untilClosed(half)]);
    expect(await cluster.nodes[1].tokens()).toEqual([token]);
  });

  test('accepts every key of its file, so that a key can be changed without an outage', async ({
    cluster,
  }) => {
    const [old, young] = [await keyIn(cluster.keyFile), randomBytes(32)];
    await writeFile(cluster.keyFile, `${young.toString('hex')}\n${old.toString('hex')}\n`);
    await cluster.nodes[1].startAgent();
    const channel = await channelTo({ ...cluster, keyFile: '/dev/null' });
    for (const key of [young, old]) expect((await ask({ ...channel, key }, {})).status).toBe(200);
    await expect(ask({ ...channel, key: randomBytes(32) }, {})).rejects.toThrow();
  });

  test('removes at once what is too old when it starts, and nothing else', async ({ cluster }) => {
    const webroot = createWebroot(cluster.nodes[1].webroot);
    await webroot.check();
    const [old, young] = [makeChallenge(), makeChallenge()];
    await webroot.write([old, young]);
    const half = join(webroot.directory, `${makeChallenge().token}.17-${crypto.randomUUID()}.certbot-ha.tmp`);
    for (const file of [half, join(webroot.directory, 'index.html')]) await writeFile(file, 'half');
    const past = new Date(Date.now() - 2 * 3_600_000);
    for (const name of await readdir(webroot.directory)) {
      if (name !== young.token) await utimes(join(webroot.directory, name), past, past);
    }
    await cluster.nodes[1].startAgent();
    const isDone = async () => (await readdir(webroot.directory)).length === 2;
    await eventually(isDone, { timeoutMs: 3_000, what: 'what is old is gone' });
    expect((await readdir(webroot.directory)).toSorted()).toEqual(['index.html', young.token].toSorted());
  });

  test('removes tokens when their time is over', async ({ cluster }) => {
    await cluster.configure({ agent: { port: cluster.agentPort, keyFile: cluster.keyFile, tokenTtl: 2 } });
    const { token, keyAuthorization } = makeChallenge();
    const [, web2] = cluster.nodes;
    const agent = await web2.startAgent();
    await askJson(await channelTo(cluster), 'PUT', '/v1/challenges', {
      challenges: [{ token, keyAuthorization }],
    });
    const writtenMs = performance.now();
    expect(await web2.tokens()).toEqual([token]);
    const isGone = async () => (await web2.tokens()).length === 0;
    await eventually(isGone, { timeoutMs: 5_000, what: 'the token is gone' });
    expect(performance.now() - writtenMs).toBeGreaterThan(1_500);
    await agent.program.says(/removed tokens that were older than agent\.tokenTtl/);
  });

  test('logs a damaged record once, with its code, and takes it for absent', async ({ cluster }) => {
    const { installed, installedOf } = layoutOf(cluster.stateDir);
    await mkdir(installed, { recursive: true });
    await writeFile(installedOf('www.example.org'), '{');
    const agent = await cluster.nodes[1].startAgent();
    const channel = await channelTo(cluster);
    for (let round = 0; round < 2; round += 1) {
      expect((await ask(channel, { path: '/v1/lineages' })).status).toBe(200);
    }
    await agent.close();
    const damage = agent.log().filter(({ level }) => level !== 'info');
    expect(damage).toMatchObject([
      { level: 'warn', code: 'state-file-damaged', file: installedOf('www.example.org') },
    ]);
    expect(damage[0]?.msg).toMatch(/: damaged, taken for absent: not JSON, or cut off$/);
  });

  test('notifies systemd when it is ready, three times in each period of the watchdog, and when it stops', async ({
    cluster,
    directory,
  }) => {
    const socket = join(directory, 'notify.sock');
    const receiver = start([
      'python3',
      '-c',
      'import socket, sys\ns = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\ns.bind(sys.argv[1])\nprint("bound", flush=True)\nwhile True: print(s.recv(4096).decode().replace("\\n", " "), flush=True)',
      socket,
    ]);
    onTestFinished(async () => await receiver.kill());
    await receiver.says(/bound/);
    const env = { ...cluster.envOf(cluster.nodes[1]), NOTIFY_SOCKET: socket, WATCHDOG_USEC: '900000' };
    const agent = start([process.execPath, CLI, 'agent'], { env });
    onTestFinished(async () => await agent.kill());
    await receiver.says(/READY=1/);
    await receiver.says(/(?:WATCHDOG=1[^]*){3}/);
    await agent.says(/"msg":"listening"/);
    expect((await ask(await channelTo(cluster), {})).status).toBe(200);
    agent.child.kill('SIGTERM');
    await receiver.says(/STOPPING=1/);
    expect((await agent.ended).code).toBe(0);
  });

  test('goes on where systemd cannot be notified, and says so', async ({ cluster, directory }) => {
    const env = { ...cluster.envOf(cluster.nodes[1]), NOTIFY_SOCKET: join(directory, 'absent.sock') };
    const agent = start([process.execPath, CLI, 'agent'], { env });
    onTestFinished(async () => await agent.kill());
    await agent.says(/systemd could not be notified that the agent is ready/);
    expect((await ask(await channelTo(cluster), {})).status).toBe(200);
  });
});
