// @module-tag slow
import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { request as plainRequest } from 'node:http';
import { connect as plainConnect } from 'node:net';
import { once } from 'node:events';
import { connect as tlsConnect } from 'node:tls';
import { join } from 'node:path';
import { describe } from 'vitest';
import { makeChallenge, makeChallenges } from '../support/cluster/challenge.ts';
import { ask, askJson, newKey, openSocket, untilClosed } from '../support/cluster/raw-channel.ts';
import { expect, present, test, type Served } from '../support/cluster/impatient-agent.ts';

describe('the agent', () => {
  test('presents, tells, and removes', async ({ agent }) => {
    const [one, other] = makeChallenges(2) as [
      ReturnType<typeof makeChallenge>,
      ReturnType<typeof makeChallenge>,
    ];
    const bodies = [one, other].map(({ token, keyAuthorization }) => ({ token, keyAuthorization }));
    const put = await askJson(agent, 'PUT', '/v1/challenges', present(bodies));
    expect([put.status, JSON.parse(put.body)]).toEqual([200, { present: 2 }]);
    expect(await readFile(join(agent.there, one.token), 'utf8')).toBe(one.keyAuthorization);

    const list = JSON.parse((await ask(agent, { path: '/v1/challenges' })).body) as {
      challenges: { token: string }[];
    };
    expect(list.challenges.map(({ token }) => token).toSorted()).toEqual([one.token, other.token].toSorted());
    const status: unknown = JSON.parse((await ask(agent, { path: '/v1/status' })).body);
    expect(status).toMatchObject({ node: 'web2', vips: ['192.0.2.10'], challenges: 2 });
    const { time, configuration } = status as { readonly time: string; readonly configuration: string };
    expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(60_000);
    expect(configuration).toBe('0123456789abcdef');

    const gone = await askJson(agent, 'POST', '/v1/challenges/removals', {
      tokens: [one.token, makeChallenge().token],
    });
    expect([gone.status, JSON.parse(gone.body)]).toEqual([200, { removed: 1 }]);
    expect(await readdir(agent.there)).toEqual([other.token]);
  });

  test('tells the age of what it has', async ({ agent }) => {
    const { token, keyAuthorization } = makeChallenge();
    await writeFile(join(agent.there, token), keyAuthorization);
    const past = new Date(Date.now() - 90_000);
    await utimes(join(agent.there, token), past, past);
    const { body } = await ask(agent, { path: '/v1/challenges' });
    expect(JSON.parse(body)).toEqual({ challenges: [{ token, ageSeconds: expect.closeTo(90, -1) }] });
  });

  test('says why when the webroot has gone', async ({ agent }) => {
    await rm(join(agent.root, '.well-known'), { recursive: true });
    const { token, keyAuthorization } = makeChallenge();
    const answer = await askJson(agent, 'PUT', '/v1/challenges', present([{ token, keyAuthorization }]));
    expect(answer).toMatchObject({ status: 500, type: expect.stringMatching(/^application\/problem\+json/) });
    expect(JSON.parse(answer.body)).toMatchObject({ detail: `webroot ${agent.there}: no such directory` });
  });
});

describe('nobody gets in', () => {
  const refused = async (agent: Served) => {
    const { status } = await ask(agent, {});
    expect(status).toBe(200); // whoever knows the key still gets in
    return agent.log.filter((line) => line.includes('refused a connection without the cluster key'));
  };

  test('with another key', async ({ agent }) => {
    await expect(ask({ ...agent, key: newKey() }, {})).rejects.toThrow();
    expect(await refused(agent)).toHaveLength(1);
  });

  test('and the log says from where, also of who has gone at once', async ({ agent }) => {
    const socket = plainConnect(agent.port, agent.address);
    await once(socket, 'connect');
    socket.resetAndDestroy();
    await expect.poll(async () => await refused(agent)).toHaveLength(1);
    expect((await refused(agent))[0]).toContain(`"from":"${agent.address}"`);
  });

  test('with TLS and no key', async ({ agent }) => {
    const socket = tlsConnect({ host: agent.address, port: agent.port, rejectUnauthorized: false });
    await expect(once(socket, 'secureConnect')).rejects.toThrow();
    expect(await refused(agent)).toHaveLength(1);
  });

  test('with the key and an older TLS', async ({ agent }) => {
    const socket = tlsConnect({
      host: agent.address,
      port: agent.port,
      pskCallback: () => ({ psk: agent.key, identity: 'web1' }),
      ciphers: 'PSK-AES128-GCM-SHA256',
      maxVersion: 'TLSv1.2',
      checkServerIdentity: () => undefined,
    });
    await expect(once(socket, 'secureConnect')).rejects.toThrow();
    expect(await refused(agent)).toHaveLength(1);
  });

  test('with plain HTTP', async ({ agent }) => {
    const sent = plainRequest({ host: agent.address, port: agent.port, path: '/v1/status' });
    sent.end();
    await expect(once(sent, 'response')).rejects.toThrow();
    expect(await refused(agent)).toHaveLength(1);
  });

  test('and the log never shows the key', async ({ agent }) => {
    await ask({ ...agent, key: newKey() }, {}).catch(() => undefined); // refused, as above
    await ask(agent, {});
    for (const form of ['hex', 'base64'] as const)
      expect(agent.log.join('')).not.toContain(agent.key.toString(form));
  });
});

describe('a client that is slow, half or many is let go', () => {
  const { token, keyAuthorization } = makeChallenge();
  const body = JSON.stringify(present([{ token, keyAuthorization }]));
  const head = `PUT /v1/challenges HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;

  test('when it sends half a body and closes', async ({ agent }) => {
    const socket = await openSocket(agent);
    socket.end(head + body.slice(0, 40));
    await untilClosed(socket);
    expect((await ask(agent, {})).status).toBe(200);
    expect(await readdir(agent.there)).toEqual([]);
  });

  test('when it sends half a body and no more', async ({ agent }) => {
    const socket = await openSocket(agent);
    const startedMs = performance.now();
    socket.write(head + body.slice(0, 40));
    expect(await untilClosed(socket)).toMatch(/^(HTTP\/1\.1 408|$)/);
    expect(performance.now() - startedMs).toBeLessThan(4_000);
    expect(await readdir(agent.there)).toEqual([]);
  });

  test('when it sends its headers byte by byte', async ({ agent }) => {
    const socket = await openSocket(agent);
    const startedMs = performance.now();
    let sent = 0;
    const timer = setInterval(() => socket.write(head[(sent += 1) - 1] ?? 'x'), 25);
    await untilClosed(socket);
    clearInterval(timer);
    expect(sent).toBeLessThan(head.length);
    expect(performance.now() - startedMs).toBeLessThan(4_000);
  });

  test('when it sends its body byte by byte', async ({ agent }) => {
    const socket = await openSocket(agent);
    const startedMs = performance.now();
    let sent = 0;
    socket.write(head);
    const timer = setInterval(() => socket.write(body[(sent += 1) - 1] ?? ' '), 25);
    await untilClosed(socket);
    clearInterval(timer);
    expect(sent).toBeLessThan(body.length);
    expect(performance.now() - startedMs).toBeLessThan(4_000);
    expect(await readdir(agent.there)).toEqual([]);
  });

  test('when it never shakes hands', async ({ agent }) => {
    const socket = plainConnect(agent.port, agent.address);
    socket.on('error', () => undefined); // a reset is as good as an end
    const startedMs = performance.now();
    await once(socket, 'close');
    expect(performance.now() - startedMs).toBeLessThan(4_000);
  });

  test('when it says nothing after the handshake', async ({ agent }) => {
    const socket = await openSocket(agent);
    expect(await untilClosed(socket)).toMatch(/^(HTTP\/1\.1 408|$)/);
  });

  test('when there are too many of it, and whoever comes later gets in', async ({ agent }) => {
    const sockets = await Promise.all(Array.from({ length: 4 }, async () => await openSocket(agent)));
    await expect(ask(agent, {})).rejects.toThrow();
    await Promise.all(sockets.map(async (socket) => await untilClosed(socket)));
    expect((await ask(agent, {})).status).toBe(200);
  });
});
