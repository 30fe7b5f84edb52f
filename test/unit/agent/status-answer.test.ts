import { utimes } from 'node:fs/promises';
import { setImmediate as aTurn } from 'node:timers/promises';
import { CertbotHaError } from '../../../lib/base/errors.ts';
import { roomIn } from '../../../lib/system/room.ts';
import { describe, onTestFinished, vi } from 'vitest';
import { layoutOf } from '../../../lib/state/layout.ts';
import { createRooms } from '../../../lib/agent/rooms.ts';
import { readStatus } from '../../../lib/channel/answers.ts';
import { createLooked, noteLooked } from '../../../lib/state/looked.ts';
import { serveAgent, type AgentOptions } from '../../support/cluster/agent-server.ts';
import { ask } from '../../support/cluster/raw-channel.ts';
import { expect, test } from '../../support/temporary.ts';

type Webroot = NonNullable<AgentOptions['webroot']>;

function listing(list: Webroot['list']): Webroot {
  return { directory: '/srv/webroot', list } as unknown as Webroot;
}

/** What an agent with these answers of its status. */
async function statusOf(directory: string, options: AgentOptions): Promise<object> {
  const webroot = listing(async () => []);
  const agent = await serveAgent(directory, { level: 'silent', webroot, ...options });
  onTestFinished(agent.close);
  const { status, body } = await ask(agent, { path: '/v1/status' });
  expect(status).toBe(200);
  return JSON.parse(body) as object;
}

describe('an agent tells when its node has looked at the cluster', () => {
  test('in seconds, as the file of that time says', async ({ directory }) => {
    await noteLooked(directory);
    const past = new Date(Date.now() - 90_000);
    await utimes(layoutOf(directory).looked, past, past);
    expect(await statusOf(directory, { looked: createLooked(directory) })).toMatchObject({
      lookedSecondsAgo: expect.closeTo(90, -1),
    });
  });

  test('as null where it never has', async ({ directory }) => {
    expect(await statusOf(directory, { looked: createLooked(directory) })).toMatchObject({
      lookedSecondsAgo: null,
    });
  });

  test('not at all where nobody is to be told', async ({ directory }) => {
    expect(await statusOf(directory, {})).not.toHaveProperty('lookedSecondsAgo');
  });
});

describe('an agent tells how many challenges lie in its webroot', () => {
  test('and looks once for all who ask meanwhile', async ({ directory }) => {
    const asked: (() => void)[] = [];
    const webroot = listing(async () => await new Promise((resolve) => void asked.push(() => resolve([]))));
    const agent = await serveAgent(directory, { level: 'silent', webroot });
    onTestFinished(agent.close);
    const paths = ['/v1/status', '/v1/challenges', '/v1/status', '/v1/status'];
    const answers = Promise.all(paths.map(async (path) => await ask(agent, { path })));
    await vi.waitFor(() => expect(agent.asked()).toBe(paths.length), 8_000);
    await aTurn(); // for the last one to be looked at
    for (const answer of asked) answer();
    expect((await answers).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(asked).toHaveLength(1);
  });

  test('as null where its file system does not answer', async ({ directory }) => {
    const silent = new CertbotHaError('failed', { code: 'file-system-silent', place: '/srv/webroot' });
    const webroot = listing(async () => await Promise.reject(silent));
    const answer = await statusOf(directory, { webroot });
    expect(answer).toHaveProperty('challenges', null);
    expect(readStatus(answer)).toHaveProperty('challenges', null);
    const agent = await serveAgent(directory, { level: 'silent', webroot });
    onTestFinished(agent.close);
    const refused = await ask(agent, { path: '/v1/challenges' });
    expect([refused.status, refused.body]).toEqual([503, expect.stringContaining('does not answer')]);
  });
});

describe('an agent tells what is left where it writes', () => {
  const room = { mebibytes: 12, inodes: null };
  const places = { inbox: '/srv/inbox', webroot: '/srv/webroot' } as const;

  test('as this version reads it', async ({ directory }) => {
    const rooms = createRooms({ inbox: directory, webroot: directory });
    const answer = await statusOf(directory, { rooms });
    // What is left may change between two looks.
    const here = {
      mebibytes: expect.any(Number),
      inodes: (await roomIn(directory)).inodes === null ? null : expect.any(Number),
    };
    expect(answer).toHaveProperty('rooms', { inbox: here, webroot: here });
    expect(readStatus(answer)?.rooms).toEqual({ inbox: here, webroot: here });
    expect(await statusOf(directory, {})).not.toHaveProperty('rooms');
  });

  test('and not of a file system that hangs, for which many wait as one', async () => {
    let asked = 0;
    const look = async (place: string) => {
      if (place === places.webroot) return room;
      asked += 1;
      return await new Promise<never>(() => undefined);
    };
    const rooms = createRooms(places, {}, look);
    const answers = await Promise.all([rooms(), rooms(), rooms()]);
    expect(answers).toEqual(Array.from({ length: 3 }, () => ({ inbox: null, webroot: room })));
    expect(asked).toBe(1);
  });

  test('nor of one that cannot be asked', async () => {
    const failed = Object.assign(new Error('EIO'), { code: 'EIO', errno: -5, syscall: 'statfs' });
    const rooms = createRooms(places, {}, async () => await Promise.reject(failed));
    expect(await rooms()).toEqual({ inbox: null, webroot: null });
    expect(await rooms()).toEqual({ inbox: null, webroot: null });
  });
});
