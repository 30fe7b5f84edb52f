import { chown, link, mkdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { createEvents } from '../../../lib/state/events.ts';
import { readEvents } from '../../../lib/state/read-events.ts';
import { start } from '../../support/programs/program.ts';
import { expect, test } from '../../support/temporary.ts';

const BY_ROOT = { node: 'web1', program: 'auth' } as const;
const BY_AGENT = { node: 'web1', program: 'agent' } as const;
const BATCH = { event: 'batch', identifier: 'a.example', tokens: 2, ms: 12.6, outcome: 'ok' } as const;

describe('events', () => {
  test('are read as they were written, the newest last', async ({ directory }) => {
    const events = createEvents(directory, BY_ROOT);
    await events.write(BATCH);
    await events.write({ event: 'delivery', lineage: 'a.example', peer: 'web2', outcome: 'agent-silent' });
    const read = await readEvents(directory);
    expect(read).toEqual([
      { at: expect.any(String), ...BY_ROOT, ...BATCH, ms: 13 },
      {
        at: expect.any(String),
        ...BY_ROOT,
        event: 'delivery',
        lineage: 'a.example',
        peer: 'web2',
        outcome: 'agent-silent',
      },
    ]);
    const now = Date.now();
    expect(read.every(({ at }) => Math.abs(now - Date.parse(at)) < 60_000)).toBe(true);
    expect((await readEvents(directory, { limit: 1 })).map(({ event }) => event)).toEqual(['delivery']);
    expect(await readEvents(directory, { since: new Date(now + 60_000) })).toEqual([]);
    expect(await readEvents(directory, { limit: 1, only: ({ event }) => event === 'batch' })).toHaveLength(1);
    // A line each, which a program may read by itself.
    const lines = (await readFile(join(directory, 'events.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(read);
  });

  test('are in a file of root, to which the agent appends', async ({ directory }) => {
    const file = join(directory, 'events.jsonl');
    await createEvents(directory, BY_AGENT).write(BATCH);
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
    const requests = join(directory, 'requests');
    await mkdir(requests);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) await chown(requests, 4711, 4712);
    await createEvents(directory, BY_ROOT).tend();
    const { mode, uid, gid } = await stat(file);
    expect([mode & 0o777, uid, gid]).toEqual([0o660, process.getuid?.(), (await stat(requests)).gid]);
    if (isRoot) expect(gid).toBe(4712);
    await createEvents(directory, BY_AGENT).write(BATCH);
    expect((await readEvents(directory)).map(({ program }) => program)).toEqual(['agent']);
  });

  test('without a directory of the agent are for root alone', async ({ directory }) => {
    await createEvents(directory, BY_ROOT).write(BATCH);
    expect((await stat(join(directory, 'events.jsonl'))).mode & 0o777).toBe(0o640);
  });

  test('never go where a link leads, and nobody waits for a pipe', async ({ directory }) => {
    const file = join(directory, 'events.jsonl');
    const other = join(directory, 'other');
    await writeFile(other, 'x');
    await symlink(other, file);
    for (const by of [BY_ROOT, BY_AGENT]) await createEvents(directory, by).write(BATCH);
    expect(await readFile(other, 'utf8')).toBe('x');
    expect(await readEvents(directory)).toEqual([]);
    const piped = join(directory, 'piped');
    await mkdir(piped);
    await start(['mkfifo', join(piped, 'events.jsonl')]).ended;
    await createEvents(piped, BY_ROOT).write(BATCH);
    expect(await readEvents(piped)).toEqual([]);
  });

  test('that cannot be written are lost, and nothing else', async ({ directory }) => {
    await writeFile(join(directory, 'file'), '');
    await createEvents(join(directory, 'file'), BY_ROOT).write(BATCH);
    await createEvents(join(directory, 'nowhere'), BY_ROOT).write(BATCH);
    expect(await readEvents(join(directory, 'nowhere'))).toEqual([]);
  });

  test('hold no value that is none', async ({ directory }) => {
    const events = createEvents(directory, BY_ROOT);
    await events.write({
      ...BATCH,
      identifier: 'a.example\u001B[2J',
      target: 'x'.repeat(65),
      ms: Number.NaN,
    });
    await events.write({ event: 'delivery', lineage: '../etc', outcome: 'ok' });
    const [batch, delivery] = await readEvents(directory);
    expect(batch).toEqual({ at: batch?.at, ...BY_ROOT, event: 'batch', tokens: 2, outcome: 'ok' });
    expect(delivery).not.toHaveProperty('lineage');
  });

  test('are told on as they were written', async ({ directory }) => {
    const told: unknown[] = [];
    const also = async (events: readonly unknown[]) => void told.push(...events);
    await createEvents(directory, { ...BY_ROOT, also }).write(BATCH, BATCH);
    expect(told).toEqual(await readEvents(directory));
    expect(told).toHaveLength(2);
  });
});

describe('what somebody else has written among the events', () => {
  const LINE =
    '{"at":"2027-03-01T00:00:00.000Z","node":"web2","program":"sync","event":"sync","outcome":"ok"}';
  test.for([
    ['nothing', '\n\n'],
    ['no JSON', 'hello\n'],
    ['another shape', '{"at":1}\n'],
    ['a program that is none', `${LINE.replace('"program":"sync"', '"program":"x"')}\n`],
    ['a time that is none', `${LINE.replace('2027-03', '2027-13')}\n`],
    ['words that move a cursor', `${LINE.replace('web2', String.raw`\u001b[2J`)}\n`],
    ['an outcome that is none', `${LINE.replace('"ok"', '"Not Ok"')}\n`],
    ['a line without end', `{"x":"${'y'.repeat(300_000)}"}\n`],
    ['bytes that are no text', '\u0000\uFFFF\n'],
  ] as const)('%s is passed over', async ([, text], { directory }) => {
    const file = join(directory, 'events.jsonl');
    await writeFile(file, `${LINE}\n${text}${LINE}\n`);
    expect(await readEvents(directory)).toEqual([JSON.parse(LINE), JSON.parse(LINE)]);
  });

  test('a line that a full disk has cut off is not gone on with', async ({ directory }) => {
    const events = createEvents(directory, BY_ROOT);
    await events.write(BATCH, BATCH);
    const file = join(directory, 'events.jsonl');
    await truncate(file, (await stat(file)).size - 20);
    await events.write(BATCH);
    expect(await readEvents(directory)).toHaveLength(2);
  });
});

describe('events that are put aside by size', () => {
  const rotateAtBytes = 1_000;

  test('keep owner, group and mode, four files of them, and the newest', async ({ directory }) => {
    await mkdir(join(directory, 'requests'));
    const events = createEvents(directory, { ...BY_ROOT, rotateAtBytes });
    for (let count = 0; count < 60; count += 1) await events.write({ ...BATCH, tokens: count });
    const modes = ['', '.1', '.2', '.3', '.4'].map(
      async (end) => (await stat(join(directory, `events.jsonl${end}`))).mode & 0o777,
    );
    expect(await Promise.all(modes)).toEqual([0o660, 0o660, 0o660, 0o660, 0o660]);
    await expect(stat(join(directory, 'events.jsonl.5'))).rejects.toMatchObject({ code: 'ENOENT' });
    const tokens = (await readEvents(directory)).map((event) => event.tokens);
    expect(tokens.length).toBeGreaterThan(20);
    expect(tokens).toEqual(tokens.map((_, index) => 60 - tokens.length + index));
    expect((await readEvents(directory, { limit: 15 })).map((event) => event.tokens)).toEqual(
      tokens.slice(-15),
    );
  });

  test('are not told twice where a program was killed at it', async ({ directory }) => {
    const events = createEvents(directory, { ...BY_ROOT, rotateAtBytes });
    await createEvents(directory, BY_ROOT).write(...Array.from({ length: 30 }, () => BATCH));
    await link(join(directory, 'events.jsonl'), join(directory, 'events.jsonl.1'));
    expect(await readEvents(directory)).toHaveLength(30);
    await events.write(BATCH);
    expect(await readEvents(directory)).toHaveLength(31);
    expect((await stat(join(directory, 'events.jsonl'))).size).toBe(0);
    await expect(stat(join(directory, 'events.jsonl.2'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('are not the agent’s to put aside: it stops, says so once, and goes on when there is room', async ({
    directory,
  }) => {
    const file = join(directory, 'events.jsonl');
    await writeFile(file, '');
    const full: string[] = [];
    const onFull = (name: string) => void full.push(name);
    let lost = 0;
    const onLost = (count: number) => void (lost += count);
    const agent = createEvents(directory, { ...BY_AGENT, rotateAtBytes, onFull, onLost });
    for (let count = 0; count < 40; count += 1) await agent.write(BATCH);
    expect((await stat(file)).size).toBeLessThan(2.2 * rotateAtBytes);
    expect(full).toEqual([file]);
    expect((await readEvents(directory)).length + lost).toBe(40);
    await createEvents(directory, { ...BY_ROOT, rotateAtBytes }).tend();
    await agent.write(BATCH);
    expect((await stat(file)).size).toBeLessThan(rotateAtBytes);
    expect((await readEvents(directory, { limit: 1 }))[0]?.program).toBe('agent');
    for (let count = 0; count < 40; count += 1) await agent.write(BATCH);
    expect(full).toEqual([file, file]);
  });
});
