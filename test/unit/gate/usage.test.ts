// @module-tag slow
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createSecureContext, type TlsOptions } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { Whose } from '../../../lib/lineage/leaf-index.ts';
import type { Target } from '../../../lib/cluster/target.ts';
import { idOf, leafOf } from '../../../lib/lineage/generation.ts';
import { seeUsage } from '../../../lib/gate/usage.ts';
import { freePort } from '../../support/cluster/addresses.ts';
import { mute } from '../../support/programs/mute-server.ts';
import { credentialsOf, serveTls } from '../../support/cluster/tls-site.ts';
import { expect, test, type Issued } from '../../support/lineage/certificates.ts';

/** A target that serves a certificate, or where nothing listens. */
async function targetWith(served: Issued | null): Promise<Target> {
  const port = served === null ? await freePort(['127.0.0.1']) : await portOf(served);
  return {
    kind: 'node',
    name: `web${port}`,
    address: '127.0.0.1',
    httpsPort: port,
    isDrained: false,
  } as Target;
}

async function portOf(served: Issued): Promise<number> {
  const { port, close } = await serveTls(served);
  onTestFinished(close);
  return port;
}

function ofGenerations(generations: readonly Issued[]): Whose {
  const ids = new Set(generations.map(({ certificate }) => idOf(new X509Certificate(certificate))));
  return async ({ sha256 }) => (ids.has(sha256) ? 'own' : null);
}

async function usageOf(
  targets: readonly Target[],
  wanted: Issued,
  names = ['a.test'],
  whose: Whose = async () => 'own',
): Promise<readonly boolean[]> {
  const certificate = new X509Certificate(wanted.certificate);
  const usage = await seeUsage(targets, { certificate, names, whose, signal: AbortSignal.timeout(10_000) });
  return targets.flatMap((target) => names.map((name) => usage.isUsed(target, name)));
}

test('a lineage is in use where one of its generations is served, an earlier one or the new one', async ({
  ca,
}) => {
  const [before, wanted, other] = [
    await ca.issue(['a.test']),
    await ca.issue(['a.test']),
    await ca.issue(['b.test']),
  ];
  const bought = await ca.issue(['*.test']);
  // From before its names were changed.
  const renamed = await ca.issue(['old.test']);
  const whose = ofGenerations([before, renamed]);
  const targets = await Promise.all([before, wanted, renamed, other, bought].map(targetWith));
  expect(await usageOf(targets, wanted, ['a.test'], whose)).toEqual([true, true, true, false, false]);
});

test('it is not where another lineage of the name is served, of the same type of key or another', async ({
  ca,
}) => {
  const theirs = [
    await ca.issue(['a.test'], { keyType: 'ec' }),
    await ca.issue(['a.test'], { keyType: 'rsa' }),
  ];
  const [own, wanted] = [
    await ca.issue(['a.test'], { keyType: 'ec' }),
    await ca.issue(['a.test'], { keyType: 'rsa' }),
  ];
  const ids = new Set(theirs.map(({ certificate }) => idOf(new X509Certificate(certificate))));
  const targets = await Promise.all([...theirs, own].map(targetWith));
  const usage = await seeUsage(targets, {
    ...{ certificate: new X509Certificate(wanted.certificate), names: ['a.test'] },
    whose: async ({ sha256 }) => (ids.has(sha256) ? 'other' : 'own'),
    signal: AbortSignal.timeout(10_000),
  });
  // The last one is this lineage's own, from before its type of key was changed.
  expect(targets.map((target) => usage.isUsed(target, 'a.test'))).toEqual([false, false, true]);
  expect(await usage.whose?.(leafOf(new X509Certificate(theirs[0]?.certificate ?? '')))).toBe('other');
});

test('it is not where nothing listens, unless it is in use elsewhere', async ({ ca }) => {
  const [before, wanted, other] = [
    await ca.issue(['a.test']),
    await ca.issue(['a.test']),
    await ca.issue(['b.test']),
  ];
  const [used, foreign, silent] = [await targetWith(before), await targetWith(other), await targetWith(null)];
  const whose = ofGenerations([before]);
  expect(await usageOf([silent, foreign], wanted, ['a.test'], whose)).toEqual([false, false]);
  expect(await usageOf([silent, foreign, used], wanted, ['a.test'], whose)).toEqual([true, false, true]);
});

test('nor where nothing can be seen: a firewall, or another program', async ({ ca }) => {
  const [before, wanted] = [await ca.issue(['a.test']), await ca.issue(['a.test'])];
  const server = createServer((socket) => socket.on('error', () => undefined).destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const odd = { kind: 'node', name: 'odd', address: '127.0.0.1', httpsPort: port } as Target;
  const used = await targetWith(before);
  expect(await usageOf([odd], wanted)).toEqual([false]);
  expect(await usageOf([odd, used], wanted)).toEqual([true, true]);
});

test('each of its names is looked at', async ({ ca }) => {
  const wanted = await ca.issue(['a.test', 'b.test']);
  const [stranger, before] = [await ca.issue(['a.test']), await ca.issue(['a.test', 'b.test'])];
  const SNICallback: TlsOptions['SNICallback'] = (name, done) =>
    done(null, createSecureContext(credentialsOf(name === 'b.test' ? before : stranger)));
  const { port, close } = await serveTls(stranger, { tls: { SNICallback } });
  onTestFinished(close);
  const target = { kind: 'node', name: 'web1', address: '127.0.0.1', httpsPort: port } as Target;
  const whose = ofGenerations([before]);
  expect(await usageOf([target], wanted, ['a.test', 'b.test'], whose)).toEqual([false, true]);
});

test('a target that is drained is not looked at, and asked for nothing', async ({ ca }) => {
  const [wanted, other] = [await ca.issue(['a.test']), await ca.issue(['b.test'])];
  const { port, asked, close } = await serveTls(other);
  onTestFinished(close);
  const drained = {
    kind: 'node',
    name: 'web1',
    address: '127.0.0.1',
    httpsPort: port,
    isDrained: true,
  } as Target;
  await usageOf([drained], wanted);
  expect(asked).toEqual([]);
});

test('a target that does not answer is asked for one name, and the others have their looks', async ({
  ca,
}) => {
  const names = ['a.test', ...Array.from({ length: 40 }, (_, index) => `n${index}.test`)];
  const wanted = await ca.issue(names);
  const { port, connections, close } = await mute('127.0.0.1');
  onTestFinished(close);
  const silent = {
    kind: 'node',
    name: 'silent',
    address: '127.0.0.1',
    httpsPort: port,
    isDrained: false,
  } as Target;
  const other = await targetWith(await ca.issue(['b.test']));
  const seen = await usageOf([silent, other], wanted, names, ofGenerations([]));
  expect(seen).toEqual([...names, ...names].map(() => false));
  expect(connections()).toBeLessThan(names.length);
});
