import { readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, onTestFinished, vi } from 'vitest';
import { keyOf, type AnyChallenge } from '../../../lib/challenge/any-challenge.ts';
import { findProcess } from '../../../lib/system/processes.ts';
import { createPendingStore } from '../../../lib/state/pending.ts';
import { runOf } from '../../../lib/state/run-of.ts';
import type { Run } from '../../../lib/state/pending-challenge.ts';
import { makeChallenge, makeChallenges } from '../../support/cluster/challenge.ts';
import { run as runProgram, start } from '../../support/programs/program.ts';
import { expect, test } from '../../support/temporary.ts';
import { noDamage } from '../../support/no-damage.ts';

const HERE = findProcess(process.pid);
const tokensOf = (entries: readonly AnyChallenge[]) => entries.map(keyOf);

/** A process that has ended: nothing else has its number and its start. */
const GONE = { pid: process.pid, startTime: '1' };

function runNamed(id: string, process: Run['process'] = HERE): Run {
  return { id, process };
}

describe('a batch', () => {
  test('has what was recorded for it, in the order it came', async ({ directory }) => {
    // As if all came within one millisecond.
    const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now());
    onTestFinished(() => clock.mockRestore());
    const store = createPendingStore(directory, noDamage);
    const challenges = makeChallenges(5);
    for (const challenge of challenges) await store.record(runNamed('one'), challenge);
    const batch = await store.batch(runNamed('one'));
    expect(batch).toMatchObject(challenges);
    expect(batch).toHaveLength(5);
  });

  test('has what came last as the newest, though the clock has been set back since', async ({
    directory,
  }) => {
    const [pending, run] = [join(directory, 'pending'), runNamed('one')];
    const store = createPendingStore(directory, noDamage);
    const [old, young] = [makeChallenge('a.test'), makeChallenge('a.test')];
    await store.record(run, old);
    const file = join(pending, (await readdir(pending)).find((name) => name.startsWith(old.token)) ?? '');
    const recorded = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...recorded, recordedAtMs: recorded.recordedAtMs + 3_600_000 }));
    await store.record(run, young);
    expect(tokensOf(await store.batch(run))).toEqual([young.token]);
    expect(tokensOf(await store.leftOver(run))).toEqual([old.token]);
  });

  test('does not meet the batch of another run', async ({ directory }) => {
    const store = createPendingStore(directory, noDamage);
    const other = start(['sleep', '60']);
    try {
      const [mine, theirs] = [makeChallenge(), makeChallenge()];
      const otherRun = runNamed('two', findProcess(other.pid));
      await store.record(runNamed('one'), mine);
      await store.record(otherRun, theirs);
      expect(tokensOf(await store.batch(runNamed('one')))).toEqual([mine.token]);
      expect(tokensOf(await store.batch(otherRun))).toEqual([theirs.token]);
      expect(await store.leftOver(runNamed('one'))).toEqual([]);
      expect(await store.leftOver(otherRun)).toEqual([]);
    } finally {
      await other.kill();
    }
  });

  test('keeps the newest challenge of an identifier; an older one is left over', async ({ directory }) => {
    const store = createPendingStore(directory, noDamage);
    const [old, young] = [makeChallenge('a.test'), makeChallenge('a.test')];
    await store.record(runNamed('one'), old);
    await store.record(runNamed('one'), young);
    expect(tokensOf(await store.batch(runNamed('one')))).toEqual([young.token]);
    expect(tokensOf(await store.leftOver(runNamed('one')))).toEqual([old.token]);
  });

  test('of the same names as the one before has nothing of that one, whose clean-up was killed', async ({
    directory,
  }) => {
    const store = createPendingStore(directory, noDamage);
    const names = ['a.test', 'b.test', 'c.test'];
    const ec = names.map((name) => makeChallenge(name));
    for (const challenge of ec) await store.record(runNamed('one'), challenge);
    // The hook of the first name could not record.
    const rsa = [makeChallenge('b.test'), makeChallenge('c.test')];
    for (const challenge of rsa) await store.record(runNamed('one'), challenge);
    expect(tokensOf(await store.batch(runNamed('one')))).toEqual(tokensOf(rsa));
    expect(tokensOf(await store.leftOver(runNamed('one')))).toEqual(tokensOf(ec));
  });

  test('has nothing of what is retired, whatever the clock says, and that is left over', async ({
    directory,
  }) => {
    const store = createPendingStore(directory, noDamage);
    const [old, young] = [makeChallenge('a.test'), makeChallenge('b.test')];
    await store.record(runNamed('one'), old);
    await store.retire(await store.batch(runNamed('one')));
    await store.record(runNamed('one'), young);
    expect(tokensOf(await store.batch(runNamed('one')))).toEqual([young.token]);
    for (const run of [runNamed('one'), runNamed('other', null)])
      expect(tokensOf(await store.leftOver(run))).toEqual([old.token]);
  });

  test('keeps all when many are recorded at once', async ({ directory }) => {
    const store = createPendingStore(directory, noDamage);
    const challenges = makeChallenges(12);
    await Promise.all(challenges.map(async (one) => await store.record(runNamed('one'), one)));
    expect(tokensOf(await store.batch(runNamed('one'))).toSorted()).toEqual(tokensOf(challenges).toSorted());
  });
});

describe('a batch with a name and its wildcard', () => {
  const digest = (letter: string) => ({ identifier: 'a.test', value: letter.repeat(43) });
  const run = { ...runNamed('one'), identifiers: ['a.test', 'a.test', 'b.test'] };

  test('has both of its challenges, and what is older is left over', async ({ directory }) => {
    const store = createPendingStore(directory, noDamage);
    const [old, both] = [digest('o'), [digest('x'), digest('y')]];
    for (const challenge of [old, ...both]) await store.record(run, challenge);
    expect(await store.batch(run)).toMatchObject(both);
    expect(tokensOf(await store.leftOver(run))).toEqual([old.value]);
  });

  test('has one by HTTP-01 and one by DNS-01', async ({ directory }) => {
    const store = createPendingStore(directory, noDamage);
    const [dns, http, other] = [digest('x'), makeChallenge('a.test'), makeChallenge('b.test')];
    for (const challenge of [dns, http, other]) await store.record(run, challenge);
    expect(tokensOf(await store.batch(run))).toEqual(tokensOf([dns, http, other]));
    await store.forget([dns.value]);
    expect(tokensOf(await store.batch(run))).toEqual(tokensOf([http, other]));
  });
});

test('a record in DNS is remembered where it is, and where no earlier version looks', async ({
  directory,
}) => {
  const [one, other] = ['x', 'y'].map((letter) => ({ identifier: 'a.test', value: letter.repeat(43) }));
  if (!one || !other) throw new Error('two');
  const store = createPendingStore(directory, noDamage);
  const run = { ...runNamed('one'), identifiers: ['a.test', 'a.test'] };
  for (const challenge of [one, other]) await store.record(run, challenge);
  await store.place(new Map([[one.value, 'a.acme.test']]));
  expect(await store.batch(run)).toMatchObject([{ ...one, placedAt: 'a.acme.test' }, other]);
  const names = await readdir(join(directory, 'pending'));
  expect(names.filter((name) => name.endsWith('.json'))).toEqual([]);
  await store.forget([one.value, other.value]);
  expect(await readdir(join(directory, 'pending'))).toEqual([]);
});

describe('left over', () => {
  test('is what a run has recorded whose process has ended', async ({ directory }) => {
    const store = createPendingStore(directory, noDamage);
    const challenge = makeChallenge();
    await store.record(runNamed('crashed', GONE), challenge);
    expect(tokensOf(await store.leftOver(runNamed('next')))).toEqual([challenge.token]);
    expect(await store.batch(runNamed('next'))).toEqual([]);
  });

  test('is another batch of the same process, which works on one at a time', async ({ directory }) => {
    const store = createPendingStore(directory, noDamage);
    const challenge = makeChallenge();
    await store.record(runNamed('one'), challenge);
    expect(tokensOf(await store.leftOver(runNamed('two')))).toEqual([challenge.token]);
  });

  test('is what an unknown process has recorded, after an hour', async ({ directory }) => {
    const store = createPendingStore(directory, noDamage);
    const challenge = makeChallenge();
    await store.record(runNamed('unknown', null), challenge);
    expect(await store.leftOver(runNamed('next'))).toEqual([]);
    const file = join(directory, 'pending', `${challenge.token}.json`);
    const entry = JSON.parse(await readFile(file, 'utf8')) as { recordedAtMs: number };
    await writeFile(file, JSON.stringify({ ...entry, recordedAtMs: Date.now() - 3_700_000 }));
    expect(tokensOf(await store.leftOver(runNamed('next')))).toEqual([challenge.token]);
  });
});

describe('the store', () => {
  test('forgets what it is told to, and what is not there', async ({ directory }) => {
    const store = createPendingStore(directory, noDamage);
    const [gone, kept] = [makeChallenge('a.test'), makeChallenge('b.test')];
    for (const challenge of [gone, kept]) await store.record(runNamed('one'), challenge);
    await store.forget([gone.token, makeChallenge().token]);
    expect(tokensOf(await store.batch(runNamed('one')))).toEqual([kept.token]);
  });

  test('is for root alone to read, a file a challenge, and leaves no temporary file', async ({
    directory,
  }) => {
    const store = createPendingStore(directory, noDamage);
    const challenge = makeChallenge();
    await store.record(runNamed('one'), challenge);
    const pending = join(directory, 'pending');
    expect(await readdir(pending)).toEqual([`${challenge.token}.json`]);
    expect((await stat(pending)).mode & 0o777).toBe(0o700);
    expect((await stat(join(pending, `${challenge.token}.json`))).mode & 0o777).toBe(0o600);
  });

  test('says that its directory cannot be made', async ({ directory }) => {
    await writeFile(join(directory, 'state'), '');
    const store = createPendingStore(join(directory, 'state'), noDamage);
    await expect(store.record(runNamed('one'), makeChallenge())).rejects.toMatchObject({
      kind: 'config',
      message: expect.stringContaining(`stateDir ${directory}/state: not writable`),
    });
  });

  test('says that a link which leads nowhere is where its directory is to be', async ({ directory }) => {
    await symlink('/nowhere/pending', join(directory, 'pending'));
    const store = createPendingStore(directory, noDamage);
    await expect(store.record(runNamed('one'), makeChallenge())).rejects.toMatchObject({
      kind: 'config',
      message: expect.stringContaining(`${directory}/pending: not writable`),
      hint: 'a directory belongs there: see what it is, and remove it',
    });
  });
});

describe('the lock', () => {
  const LOCK = new URL('../../../node_modules/proper-lockfile/index.js', import.meta.url).pathname;
  const holdLock = (directory: string) =>
    `require(${JSON.stringify(LOCK)}).lockSync(${JSON.stringify(directory)}, { realpath: false });` +
    'console.log("locked"); setInterval(() => undefined, 1000);';

  test('of a process that was killed is taken over', async ({ directory }) => {
    const store = createPendingStore(directory, noDamage);
    await store.record(runNamed('one'), makeChallenge());
    const pending = join(directory, 'pending');
    const holder = start([process.execPath, '-e', holdLock(pending)]);
    await holder.says(/locked/);
    await holder.kill();
    expect(await readdir(directory)).toContain('pending.lock');
    // As if its last refresh had been a while ago.
    const past = new Date(Date.now() - 4_500);
    await utimes(`${pending}.lock`, past, past);
    const startedMs = performance.now();
    await store.record(runNamed('one'), makeChallenge('b.test'));
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(await store.batch(runNamed('one'))).toHaveLength(2);
  });

  test('is not left behind', async ({ directory }) => {
    const store = createPendingStore(directory, noDamage);
    await store.record(runNamed('one'), makeChallenge());
    expect(await readdir(directory)).toEqual(['pending']);
  });
});

describe('the run of a hook', () => {
  test('without a certbot above is told by the identifiers', () => {
    const [one, same, other] = [
      runOf(process.pid, ['a']),
      runOf(process.pid, ['a']),
      runOf(process.pid, ['b']),
    ];
    expect(one).toEqual(same);
    expect(one.id).not.toBe(other.id);
    expect(one.process).toBeNull();
  });

  test('cannot be mistaken where process numbers are used again', async () => {
    const { code } = await runProgram(['true']);
    expect(code).toBe(0);
    expect(findProcess(process.pid)?.startTime).not.toBe(GONE.startTime);
  });
});
