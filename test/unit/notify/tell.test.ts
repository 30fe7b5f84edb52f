import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { Receiver } from '../../../lib/cluster/receivers.ts';
import type { Look } from '../../../lib/notify/seen.ts';
import { tell, tellTest } from '../../../lib/notify/tell.ts';
import { createNotified, type Notified } from '../../../lib/state/notified.ts';
import { noDamage } from '../../support/no-damage.ts';
import { receive, type Answering, type TestReceiver } from '../../support/programs/receiver.ts';
import { expect, test as base } from '../../support/temporary.ts';

const HOUR = 3_600_000;
/** Half past: within no first minutes of an hour. */
const NOW = Date.parse('2027-03-01T00:30:00Z');
const RUN = 5 * 60_000;

const AT_FAULT: Look = {
  troubles: [{ key: 'node web2', who: 'web2', code: 'agent-silent', message: 'gave no answer' }],
  ...{ elsewhere: new Set(), isBlind: false, isTeller: true },
};
const WELL: Look = { ...AT_FAULT, troubles: [] };

interface Scene {
  readonly serve: (answering?: Answering) => Promise<TestReceiver>;
  readonly notified: Notified;
  readonly said: { out: string[]; err: string[] };
  /** One run after the other, five minutes apart. */
  readonly run: (receivers: readonly Receiver[], ...looks: readonly Look[]) => Promise<readonly number[]>;
}

const test = base.extend<{ readonly scene: Scene }>({
  scene: async ({ directory }, use) => {
    const ends: (() => void)[] = [];
    const said = { out: [] as string[], err: [] as string[] };
    const io = {
      env: { PATH: process.env['PATH'] },
      out: (line: string) => void said.out.push(line),
      err: (line: string) => void said.err.push(line),
    };
    const notified = createNotified(directory, noDamage);
    let nowMs = NOW;
    await use({
      ...{ notified, said },
      serve: async (answering) => {
        const server = await receive(answering);
        ends.push(server.close);
        return server;
      },
      run: async (receivers, ...looks) => {
        const codes: number[] = [];
        for (const seen of looks) {
          codes.push(await tell(notified, seen, { receivers, node: 'web1', io, nowMs }));
          nowMs += RUN;
        }
        return codes;
      },
    });
    for (const end of ends) end();
  },
});

const eventsOf = ({ received }: TestReceiver) =>
  received.map(({ body }) => {
    const { new: fresh, over } = JSON.parse(body) as Readonly<Record<string, readonly unknown[]>>;
    return `${fresh?.length} new, ${over?.length} over`;
  });

test.for([
  ['ntfy', 70, 'gave no answer', 3],
  ['ntfy', 12, 'x'.repeat(600), 3],
  ['slack', 40, 'first line\nsecond line', 3],
  ['webhook', 70, 'gave no answer', 1],
] as const)(
  'what has no room in a message of %s is not told by it, but by the next: %i troubles',
  async ([kind, count, message, messages], { scene }) => {
    const server = await scene.serve();
    const troubles = Array.from({ length: count }, (_, index) => {
      return { key: `node w${index}`, who: `<w${index}>`, code: 'agent-silent', message };
    });
    const look: Look = { ...AT_FAULT, troubles };
    await scene.run([{ kind, url: `${server.origin}/x` }], look, look, look, look, look, look);
    expect(server.received).toHaveLength(messages);
    const all = server.received.map(({ body }) => body);
    for (const body of all) expect(body).not.toContain('and more:');
    const named = all.flatMap((body) => body.match(/(?:<|&lt;)w\d+(?=>|&gt;)/g) ?? []);
    expect(named).toHaveLength(count);
    expect(new Set(named).size).toBe(count);
    for (const body of all.slice(0, -1)) expect(body).toMatch(/[1-9]\d* more in the next message/);
  },
);

test('an outage and its end are told once each', async ({ scene }) => {
  const server = await scene.serve();
  const receivers = [{ kind: 'webhook', url: `${server.origin}/SECRET` }] as const;
  const codes = await scene.run(receivers, WELL, AT_FAULT, AT_FAULT, AT_FAULT, WELL, WELL, WELL);
  expect(codes).toEqual([0, 0, 0, 0, 0, 0, 0]);
  expect(eventsOf(server)).toEqual(['1 new, 0 over', '0 new, 1 over']);
  const name = `webhook ${new URL(server.origin).host}`;
  expect(scene.said).toEqual({
    out: [`${name}: certbot-ha on web1: 1 new`, `${name}: certbot-ha on web1: 1 over`],
    err: [],
  });
});

test('one that does not take it is asked again, and keeps it from no other one', async ({ scene }) => {
  const [good, bad] = [await scene.serve(), await scene.serve({ status: 503 })];
  const receivers = [
    { kind: 'webhook', url: `${bad.origin}/SECRET` },
    { kind: 'webhook', url: `${good.origin}/SECRET` },
  ] as const;
  expect(await scene.run(receivers, AT_FAULT, AT_FAULT, AT_FAULT)).toEqual([0, 1, 1]);
  expect(eventsOf(good)).toEqual(['1 new, 0 over']);
  expect(eventsOf(bad)).toEqual(['1 new, 0 over', '1 new, 0 over']);
  expect(scene.said.err.slice(0, 2)).toEqual([
    `webhook ${new URL(bad.origin).host}: not told [receiver-not-told]`,
    '  refused with status 503 [receiver-refuses]',
  ]);
});

test('a bug that one brings up is told, and what another one has taken is remembered', async ({ scene }) => {
  const [good, odd] = [await scene.serve(), await scene.serve()];
  const receivers = [odd, good].map(({ origin }) => ({ kind: 'webhook', url: origin }) as const);
  await scene.run(receivers, AT_FAULT);
  const host = new URL(odd.origin).host;
  const out = (line: string) => {
    if (line.includes(host)) throw new TypeError('a bug');
  };
  const told = tell(scene.notified, AT_FAULT, {
    ...{ receivers, node: 'web1', nowMs: NOW + RUN },
    io: { env: {}, out, err: () => undefined },
  });
  await expect(told).rejects.toThrow('a bug');
  await scene.run(receivers, AT_FAULT);
  expect([good, odd].map(({ received }) => received.length)).toEqual([1, 2]);
});

test('the URL is in no line and in no file', async ({ scene, directory }) => {
  const [good, bad] = [await scene.serve(), await scene.serve({ status: 404 })];
  const kinds = ['webhook', 'slack', 'ntfy', 'healthchecks', 'uptimeKuma'] as const;
  const receivers = [good, bad].flatMap(({ origin }) =>
    kinds.map((kind) => ({ kind, url: `${origin.replace('//', '//user:SECRET@')}/SECRET?x=SECRET` })),
  );
  await scene.run(receivers, AT_FAULT, AT_FAULT);
  const { out, err } = scene.said;
  expect(out.length).toBeGreaterThan(0);
  expect(err.length).toBeGreaterThan(0);
  expect([...out, ...err, await readFile(join(directory, 'notified.json'), 'utf8')].join()).not.toContain(
    'SECRET',
  );
});

test('a monitor hears at every run how it is, from the first node alone', async ({ scene }) => {
  const server = await scene.serve();
  const receivers = [{ kind: 'healthchecks', url: `${server.origin}/x` }] as const;
  await scene.run(receivers, WELL, AT_FAULT, AT_FAULT, WELL, WELL);
  expect(server.received.map(({ path }) => path)).toEqual(['/x', '/x', '/x/fail', '/x/fail', '/x']);
  await scene.run(receivers, { ...AT_FAULT, isTeller: false }, { ...AT_FAULT, isTeller: false });
  expect(server.received).toHaveLength(5);
});

test('a receiver that is named twice is told once', async ({ scene }) => {
  const server = await scene.serve();
  const one = { kind: 'webhook', url: server.origin } as const;
  await scene.run([one, one], AT_FAULT, AT_FAULT);
  expect(server.received).toHaveLength(1);
});

test('what lasts is told once more where what was known of it is damaged', async ({ scene, directory }) => {
  const server = await scene.serve();
  const receivers = [{ kind: 'webhook', url: server.origin }] as const;
  await scene.run(receivers, AT_FAULT, AT_FAULT);
  await writeFile(join(directory, 'notified.json'), '{"web');
  const damages: string[] = [];
  const notified = createNotified(directory, ({ file }) => void damages.push(file));
  const io = { env: {}, out: () => undefined, err: () => undefined };
  for (const nowMs of [NOW, NOW + RUN])
    expect(await tell(notified, AT_FAULT, { receivers, node: 'web1', io, nowMs })).toBe(0);
  expect(damages).toEqual([join(directory, 'notified.json')]);
  expect(eventsOf(server)).toEqual(['1 new, 0 over', '1 new, 0 over']);
});

test('a message of many long troubles is no longer than a web server takes', async ({ scene }) => {
  const server = await scene.serve();
  const receivers = [{ kind: 'webhook', url: server.origin }] as const;
  const troubles = Array.from({ length: 120 }, (_, index) => ({
    ...{ key: `k${index}`, who: `web${index}`, code: 'agent-silent', message: 'x'.repeat(2_000) },
  }));
  const many = { ...AT_FAULT, troubles };
  await scene.run(receivers, many, many, many, many);
  const bodies = server.received.map(({ body }) => JSON.parse(body) as Record<'new' | 'left', unknown>);
  expect(bodies.map(({ left }) => left)).toEqual([20, 0]);
  for (const { body } of server.received) expect(body.length).toBeLessThan(100_000);
});

describe('where nothing can be written', () => {
  const full: Notified = {
    alone: async (run) => await run(),
    read: async () => ({}),
    write: async () => {
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC', errno: -28 });
    },
  };

  test('it is told with all the rest, and once an hour', async ({ scene }) => {
    const server = await scene.serve();
    const receivers = [{ kind: 'webhook', url: server.origin }] as const;
    const err: string[] = [];
    const io = { env: {}, out: () => undefined, err: (line: string) => void err.push(line) };
    const codes: number[] = [];
    for (let nowMs = NOW; nowMs < NOW + 2 * HOUR; nowMs += RUN + 30_000)
      codes.push(await tell(full, AT_FAULT, { receivers, node: 'web1', io, nowMs }));
    expect(new Set(codes)).toEqual(new Set([1]));
    expect(eventsOf(server)).toEqual(
      ['2 new, 0 over', '2 new, 0 over', '2 new, 0 over'].slice(0, server.received.length),
    );
    expect(server.received.length).toBeGreaterThanOrEqual(2);
    expect(server.received.length).toBeLessThanOrEqual(4);
    expect(err[0]).toBe('ENOSPC: no space left on device [system-error]');
  });

  test('it is told within an hour however far apart the runs are', async ({ scene }) => {
    const server = await scene.serve();
    const receivers = [{ kind: 'webhook', url: server.origin }] as const;
    const io = { env: {}, out: () => undefined, err: () => undefined };
    // As far as the timer, its delay and a run of a minute or two bring them.
    const far = 7.5 * 60_000;
    // Six minutes and a half past, and never earlier.
    for (let nowMs = NOW + 6.5 * 60_000; nowMs < NOW + 12 * HOUR; nowMs += far)
      await tell(full, AT_FAULT, { receivers, node: 'web1', io, nowMs });
    expect(server.received.length).toBeGreaterThanOrEqual(12);
    expect(server.received.length).toBeLessThanOrEqual(24);
  });

  test('a monitor hears of it at once', async ({ scene }) => {
    const server = await scene.serve();
    const receivers = [{ kind: 'healthchecks', url: `${server.origin}/x` }] as const;
    const io = { env: {}, out: () => undefined, err: () => undefined };
    await tell(full, WELL, { receivers, node: 'web1', io, nowMs: NOW });
    expect(server.received.map(({ path }) => path)).toEqual(['/x/fail']);
  });
});

test('a test message goes to each, with a line each', async ({ scene }) => {
  const [good, bad] = [await scene.serve(), await scene.serve({ status: 500 })];
  const receivers = [
    { kind: 'slack', url: good.origin },
    { kind: 'ntfy', url: bad.origin },
  ] as const;
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  const io = { env: {}, out: say, err: say };
  expect(await tellTest({ receivers: receivers.slice(0, 1), node: 'web1', io })).toBe(0);
  expect(await tellTest({ receivers: receivers.slice(1), node: 'web1', io })).toBe(1);
  expect(said).toEqual([
    `slack ${new URL(good.origin).host}: took the test message`,
    `ntfy ${new URL(bad.origin).host}: not told [receiver-not-told]`,
    '  refused with status 500 [receiver-refuses]',
  ]);
});
