import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { Outcome } from '../../../lib/base/outcome.ts';
import { recordOf, type TxtRecord } from '../../../lib/challenge/dns-01.ts';
import { configOf } from '../../../lib/cluster/config.ts';
import { createPublisher } from '../../../lib/dns/create.ts';
import type { Publisher } from '../../../lib/dns/publisher.ts';
import { linesOf } from '../../../lib/findings/words.ts';
import { processesShow } from '../programs/processes.ts';
import { test } from '../temporary.ts';

/** What a publisher is tried on: the zones of `support/dns/zones.ts`. */
export interface Provider {
  /** `dns` of the configuration */
  readonly dns: Readonly<Record<string, unknown>>;
  /** the TXT values of a name, in alphabetical order */
  values(name: string): Promise<readonly string[]>;
  /** what no process may show in its arguments or its environment */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

interface World extends Provider {
  publisher(settings?: object): Promise<Publisher>;
}

const long = () => AbortSignal.timeout(20_000);
const valueOf = (index: number) => String(index).padStart(43, 'v');
const record = (identifier: string, index: number) => recordOf({ identifier, value: valueOf(index) });
const SHARED = '_acme-challenge.shared.example.test';

const DONE: Outcome = { isOk: true };

function codesOf(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.map((outcome) => (outcome.isOk ? 'ok' : outcome.reason.code));
}

/** What every publisher keeps to (lib/dns/publisher.ts), a sentence each. */
const CASES: Readonly<Record<string, (world: World) => Promise<void>>> = {
  'publishes a name and its wildcard in one go, and takes both away': async ({ publisher, values }) => {
    const one = await publisher();
    const records = [record('example.test', 1), record('*.example.test', 2)];
    expect(await one.publish(records, long())).toEqual([DONE, DONE]);
    expect(await values('_acme-challenge.example.test')).toEqual([valueOf(1), valueOf(2)]);
    expect(await one.withdraw(records, long())).toEqual([DONE, DONE]);
    expect(await values('_acme-challenge.example.test')).toEqual([]);
  },

  'leaves the values of others': async ({ publisher, values }) => {
    const one = await publisher();
    const mine = record('shared.example.test', 1);
    expect(await one.publish([mine], long())).toEqual([DONE]);
    expect(await values(SHARED)).toEqual(['of-another-client', mine.value]);
    expect(await one.withdraw([mine], long())).toEqual([DONE]);
    expect(await values(SHARED)).toEqual(['of-another-client']);
  },

  'does the same twice, and takes away what is not there': async ({ publisher, values }) => {
    const one = await publisher();
    const mine = record('shared.example.test', 1);
    expect(await one.publish([mine, mine], long())).toEqual([DONE, DONE]);
    expect(await one.publish([mine], long())).toEqual([DONE]);
    expect(await values(SHARED)).toEqual(['of-another-client', mine.value]);
    expect(await one.withdraw([mine, record('never.example.test', 2)], long())).toEqual([DONE, DONE]);
    expect(await one.withdraw([mine], long())).toEqual([DONE]);
    expect(await values(SHARED)).toEqual(['of-another-client']);
  },

  'writes where a CNAME record leads to': async ({ publisher, values }) => {
    const one = await publisher();
    const mine = record('www.example.test', 1);
    expect(await one.publish([mine], long())).toEqual([DONE]);
    expect(await values('www.acme.test')).toEqual([mine.value]);
    expect(await one.withdraw([mine], long())).toEqual([DONE]);
    expect(await values('www.acme.test')).toEqual([]);
  },

  'does all of several zones, and tells of each that it cannot, in the order of the records': async ({
    publisher,
    values,
  }) => {
    const one = await publisher();
    const records = [
      record('a.example.test', 1),
      record('far.example.test', 2),
      record('acme.test', 3),
      record('b.example.test', 4),
    ];
    const [first, second, ...others] = await one.publish(records, long());
    expect([first, ...others]).toEqual([DONE, DONE, DONE]);
    expect(second).toMatchObject({ isOk: false, reason: { code: 'dns-resolver-failed' } });
    expect(await values('_acme-challenge.acme.test')).toEqual([valueOf(3)]);
    expect(await values('_acme-challenge.b.example.test')).toEqual([valueOf(4)]);
  },

  'loses nothing where two publish under one name at once': async ({ publisher, values }) => {
    const [one, other] = await Promise.all([publisher(), publisher()]);
    const batches = [1, 2, 3, 4, 5, 6].map((index) => [record('*.many.example.test', index)]);
    const outcomes = await Promise.all(
      batches.map(async (batch, index) => await (index % 2 === 0 ? one : other).publish(batch, long())),
    );
    expect(codesOf(outcomes.flat())).toEqual(batches.map(() => 'ok'));
    const all = batches.flat().map(({ value }) => value);
    expect(await values('_acme-challenge.many.example.test')).toEqual(all.toSorted());
  },

  'ends with its signal, and has an outcome for each record': async ({ publisher }) => {
    const one = await publisher();
    const records = [record('a.example.test', 1), record('b.example.test', 2)];
    for (const outcomes of [
      await one.publish(records, AbortSignal.abort()),
      await one.withdraw(records, AbortSignal.abort()),
    ])
      expect(codesOf(outcomes)).toEqual(['dns-resolver-failed', 'dns-resolver-failed']);
  },

  'ends after its time-out where nobody answers': async ({ publisher }) => {
    const one = await publisher({ timeout: 1, resolvers: ['192.0.2.1'] });
    const started = performance.now();
    expect(codesOf(await one.publish([record('a.example.test', 1)], long()))).toEqual([
      'dns-resolver-failed',
    ]);
    expect(performance.now() - started).toBeLessThan(3_000);
  },

  'shows no secret in the arguments or the environment of a process': async ({ publisher, secrets }) => {
    const one = await publisher();
    const publishing = Array.from({ length: 8 }, async (_, index) => {
      return await one.publish([record(`n${index}.example.test`, index)], long());
    });
    const shown = await processesShow();
    await Promise.all(publishing);
    expect(shown.length).toBeGreaterThan(0);
    for (const secret of secrets) expect(shown.filter((line) => line.includes(secret))).toEqual([]);
  },

  'has no work, and does none': async ({ publisher }) => {
    const one = await publisher({ resolvers: ['192.0.2.1'] });
    expect(await one.publish([], long())).toEqual([]);
    expect(await one.withdraw([], long())).toEqual([]);
    await one.close();
  },
};

/** Runs all cases on a publisher. They have one provider, and each has names of its own there. */
export function describePublisher(name: string, create: (directory: string) => Promise<Provider>): void {
  describe(`the publisher ${name}`, () => {
    let directory: string;
    let provider: Provider;
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'certbot-ha-test-publisher-'));
      provider = await create(directory);
    });
    afterAll(async () => {
      await provider.close();
      await rm(directory, { recursive: true, force: true });
    });
    for (const [title, check] of Object.entries(CASES)) {
      test(title, async () => {
        await check({
          ...provider,
          publisher: async (settings) => await publisherBy(provider.dns, settings, process.env, directory),
        });
      });
    }
  });
}

/** As the hooks make one, of what the configuration says. */
export async function publisherBy(
  dns: object,
  settings: object = {},
  env = process.env,
  stateDir = '/nowhere',
): Promise<Publisher> {
  const document = { nodes: { web1: '192.0.2.1' }, stateDir, dns: { ...dns, ...settings } };
  return await createPublisher(configOf('c', JSON.stringify(document)), env);
}

/** What is said of one record that could not be published. */
export async function refusalOf(publisher: Publisher, one: TxtRecord): Promise<string> {
  const [outcome] = await publisher.publish([one], long());
  return outcome === undefined || outcome.isOk ? 'published' : linesOf(outcome.reason).join('\n');
}
