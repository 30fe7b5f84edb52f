import { utimes } from 'node:fs/promises';
import { roomIn } from '../../../lib/system/room.ts';
import { describe, onTestFinished } from 'vitest';
import { layoutOf } from '../../../lib/state/layout.ts';
import { createRooms } from '../../../lib/agent/rooms.ts';
import { readStatus } from '../../../lib/channel/answers.ts';
import { createLooked, noteLooked } from '../../../lib/state/looked.ts';
import { serveAgent, type AgentOptions } from '../../support/cluster/agent-server.ts';
import { ask } from '../../support/cluster/raw-channel.ts';
import { expect, test } from '../../support/temporary.ts';

/** What an agent with these answers of its status. */
async function statusOf(directory: string, options: AgentOptions): Promise<object> {
  const webroot = { list: async () => [] } as unknown as NonNullable<AgentOptions['webroot']>;
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
    const rooms = createRooms(places, look);
    const answers = await Promise.all([rooms(), rooms(), rooms()]);
    expect(answers).toEqual(Array.from({ length: 3 }, () => ({ inbox: null, webroot: room })));
    expect(asked).toBe(1);
  });

  test('nor of one that cannot be asked', async () => {
    const failed = Object.assign(new Error('EIO'), { code: 'EIO', errno: -5, syscall: 'statfs' });
    const rooms = createRooms(places, async () => await Promise.reject(failed));
    expect(await rooms()).toEqual({ inbox: null, webroot: null });
    expect(await rooms()).toEqual({ inbox: null, webroot: null });
  });
});
