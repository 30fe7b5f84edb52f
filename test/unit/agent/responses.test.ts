import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createResponses } from '../../../lib/agent/responses.ts';
import { createWebroot } from '../../../lib/challenge/webroot.ts';
import { makeChallenge } from '../../support/cluster/challenge.ts';
import { expect, test } from '../../support/temporary.ts';

test('has the response of the webroot, and of no other file', async ({ directory }) => {
  const webroot = createWebroot(directory);
  const responses = createResponses(webroot);
  const { token, keyAuthorization } = makeChallenge();
  expect(await responses(token)).toBeNull(); // the directory is not there
  await mkdir(webroot.directory, { recursive: true });
  await writeFile(join(webroot.directory, token), `${keyAuthorization}\n`);
  expect(await responses(token)).toBe(keyAuthorization);
  const other = makeChallenge().token;
  await writeFile(join(webroot.directory, other), keyAuthorization);
  await writeFile(join(directory, 'x'.repeat(16)), 'secret');
  expect(await Promise.all([other, `../../${'x'.repeat(16)}`].map(responses))).toEqual([null, null]);
});

test('waits no longer than its time for a file system that hangs, and asks it twice at most', async () => {
  let asked = 0;
  const hung = async () => {
    asked += 1;
    return await new Promise<null>(() => {});
  };
  const responses = createResponses({ read: hung, directory: '/srv' }, 20);
  expect(await Promise.all(['a', 'b', 'c', 'd'].map(responses))).toEqual([null, null, null, null]);
  expect([await responses('e'), asked]).toEqual([null, 2]);
});

test('gives all their turn', async () => {
  let at = 0;
  const most: number[] = [];
  const read = async (token: string) => {
    most.push((at += 1));
    await new Promise((resolve) => setImmediate(resolve));
    at -= 1;
    return { token, keyAuthorization: token, writtenAtMs: 0 };
  };
  const responses = createResponses({ read, directory: '/srv' });
  const tokens = Array.from({ length: 9 }, (_, n) => `t${n}`);
  expect(await Promise.all(tokens.map(responses))).toEqual(tokens);
  expect(Math.max(...most)).toBe(2);
});
