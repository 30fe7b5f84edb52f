import { transportsOf } from '../../../lib/cluster/abilities.ts';
import { EventEmitter, once } from 'node:events';
import type { Server } from 'node:https';
import { mkdir, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import { onTestFinished } from 'vitest';
import { createExpiry } from '../../../lib/agent/expiry.ts';
import { tend } from '../../../lib/agent/tend.ts';
import { createOwnTokens } from '../../../lib/agent/watch/own-tokens.ts';
import { createWebroot } from '../../../lib/challenge/webroot.ts';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import { inTurn } from '../../../lib/system/in-turn.ts';
import { eventually } from '../../lab/eventually.ts';
import { makeChallenge } from '../../support/cluster/challenge.ts';
import { noWatchesLeft, watchBy } from '../../support/inotify.ts';
import { expect, test } from '../../support/temporary.ts';

const silent = () => undefined;
const logger = { debug: silent, info: silent, warn: silent, error: silent } as unknown as FastifyBaseLogger;

/** What the agent does beside its requests, on a node without peers where a token may live for 200 ms. */
async function tendIn(root: string) {
  const webroot = createWebroot(root);
  await webroot.check();
  let sweeps = 0;
  const counted: typeof webroot = {
    ...webroot,
    expire: async (...given) => {
      sweeps += 1;
      return await webroot.expire(...given);
    },
  };
  const self = { name: 'web1' };
  const config = {
    transport: transportsOf('http'),
    agent: { tokenTtlMs: 200 },
    nodes: [self],
    stateDir: root,
  };
  const key = Buffer.alloc(32, 1);
  const over = new AbortController();
  onTestFinished(() => over.abort());
  await tend(new EventEmitter() as Server, {
    cluster: { config, self, peers: [] } as unknown as Cluster,
    keys: { first: key, all: [key] },
    webroot: counted,
    own: createOwnTokens(),
    inbox: join(root, 'inbox'),
    storeTurn: inTurn(root),
    events: { write: async () => {} },
    logger,
    signal: over.signal,
  });
  return { challenges: webroot.directory, sweeps: () => sweeps };
}

/** As another ACME client puts it there. */
async function putInto(directory: string): Promise<void> {
  const { token, keyAuthorization } = makeChallenge();
  await writeFile(join(directory, token), keyAuthorization);
}

const untilEmpty = async (directory: string) =>
  await eventually(async () => await readdir(directory), {
    until: (names) => names.length === 0,
    timeoutMs: 4_000,
    what: 'the token to be removed',
  });

test('what lies in a directory that comes into the place of the webroot goes when its time is over', async ({
  directory,
}) => {
  const { challenges, sweeps } = await tendIn(directory);
  const looks: number[] = [];
  const isIdle = async () => looks.push(sweeps()) > 6 && looks.at(-6) === looks.at(-1);
  await eventually(isIdle, { timeoutMs: 4_000, what: 'no more sweeps' });
  const next = join(directory, 'next');
  await mkdir(next);
  await putInto(next);
  await rename(challenges, join(directory, 'before'));
  await rename(next, challenges);
  expect(await untilEmpty(challenges)).toEqual([]);
});

test('what comes while the webroot cannot be watched goes when its time is over', async ({ directory }) => {
  watchBy((path) => {
    throw noWatchesLeft(path);
  });
  const { challenges, sweeps } = await tendIn(directory);
  const before = sweeps();
  await eventually(async () => sweeps() > before + 3, { timeoutMs: 4_000, what: 'further sweeps' });
  await putInto(challenges);
  expect(await untilEmpty(challenges)).toEqual([]);
});

test('bundles go when their time is over, whatever the webroot does', async ({ directory }) => {
  const bundle = join(directory, 'bundles', 'a.example.test');
  await mkdir(bundle, { recursive: true });
  await utimes(bundle, 0, 0);
  const webroot = createWebroot(directory);
  await webroot.check();
  await rm(webroot.directory, { recursive: true });
  await writeFile(webroot.directory, ''); // no directory: ENOTDIR
  const failing = { ...webroot, expire: async () => await readdir(join(webroot.directory, 'x')) };
  const expiry = createExpiry({
    webroot: failing,
    inbox: directory,
    storeTurn: inTurn(directory),
    isTold: () => true,
    ttlMs: 1,
    logger,
  });
  await expiry.sweep();
  expect(await readdir(join(directory, 'bundles'))).toEqual([]);
});

test('an inbox that hangs holds no other thread for the expiry', async ({ directory }) => {
  const bundle = join(directory, 'bundles', 'a'.repeat(64));
  await mkdir(bundle, { recursive: true });
  await utimes(bundle, 0, 0);
  const storeTurn = inTurn(directory, { limitMs: 10 });
  const webroot = createWebroot(join(directory, 'webroot'));
  const options = { webroot, inbox: directory, storeTurn, isTold: () => true, ttlMs: 60_000, logger };
  const expiry = createExpiry(options);
  onTestFinished(expiry.stop);
  const hang = new EventEmitter();
  await expect(storeTurn(async () => await once(hang, 'over'))).rejects.toThrow('does not answer');
  await expiry.sweep();
  expect(await readdir(join(directory, 'bundles'))).toHaveLength(1);
  hang.emit('over');
  await storeTurn(async () => undefined, { whileHung: 'wait', limitMs: 1_000 });
  await expiry.sweep();
  expect(await readdir(join(directory, 'bundles'))).toEqual([]);
});
