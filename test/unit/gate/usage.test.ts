// @module-tag slow
import { X509Certificate } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { Target } from '../../../lib/cluster/target.ts';
import { idOf, leafOf } from '../../../lib/lineage/generation.ts';
import { seeUsage } from '../../../lib/gate/usage.ts';
import { freePort } from '../../support/cluster/addresses.ts';
import { mute } from '../../support/programs/mute-server.ts';
import { serveTls } from '../../support/cluster/tls-site.ts';
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

async function usageOf(
  targets: readonly Target[],
  wanted: Issued,
  names = ['a.test'],
): Promise<readonly boolean[]> {
  const certificate = new X509Certificate(wanted.certificate);
  const usage = await seeUsage(targets, { certificate, names, signal: AbortSignal.timeout(10_000) });
  return targets.flatMap((target) => names.map((name) => usage.isUsed(target, name)));
}

test('a lineage is in use where a certificate of its name is served, an earlier one or the new one', async ({
  ca,
}) => {
  const [before, wanted, other] = [
    await ca.issue(['a.test']),
    await ca.issue(['a.test']),
    await ca.issue(['b.test']),
  ];
  const targets = [await targetWith(before), await targetWith(wanted), await targetWith(other)];
  expect(await usageOf(targets, wanted)).toEqual([true, true, false]);
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
    isOfAnother: async ({ sha256 }) => ids.has(sha256),
    signal: AbortSignal.timeout(10_000),
  });
  // The last one is this lineage's own, from before its type of key was changed.
  expect(targets.map((target) => usage.isUsed(target, 'a.test'))).toEqual([false, false, true]);
  expect(await usage.isOfAnother?.(leafOf(new X509Certificate(theirs[0]?.certificate ?? '')))).toBe(true);
});

test('it is not where nothing listens, unless it is in use elsewhere', async ({ ca }) => {
  const [before, wanted, other] = [
    await ca.issue(['a.test']),
    await ca.issue(['a.test']),
    await ca.issue(['b.test']),
  ];
  const [used, foreign, silent] = [await targetWith(before), await targetWith(other), await targetWith(null)];
  expect(await usageOf([silent, foreign], wanted)).toEqual([false, false]);
  expect(await usageOf([silent, foreign, used], wanted)).toEqual([true, false, true]);
});

test('each of its names is looked at', async ({ ca }) => {
  const wanted = await ca.issue(['a.test', 'b.test']);
  expect(await usageOf([await targetWith(await ca.issue(['b.test']))], wanted, ['a.test', 'b.test'])).toEqual(
    [false, true],
  );
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
  const seen = await usageOf([silent, other], wanted, names);
  expect(seen.slice(names.length)).toEqual(names.map(() => false));
  expect(connections()).toBeLessThan(names.length);
});
