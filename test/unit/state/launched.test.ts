import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, onTestFinished, vi } from 'vitest';
import { keyOf, type AnyChallenge } from '../../../lib/challenge/any-challenge.ts';
import { launchedBy } from '../../../lib/state/launched.ts';
import { createPendingStore } from '../../../lib/state/pending.ts';
import { runBy } from '../../../lib/state/run-of.ts';
import { findProcess } from '../../../lib/system/processes.ts';
import { makeChallenge, makeChallenges } from '../../support/cluster/challenge.ts';
import { startLastingCertbot } from '../../support/programs/lasting-certbot.ts';
import { noDamage } from '../../support/no-damage.ts';
import { expect, test as base } from '../../support/temporary.ts';

const CONFIG = '/srv/ha.yaml';
const fileOf = (key: string) => `${key}.certbot-ha-record`;
const NAMES = ['a.test', 'b.test', 'c.test'];
/** A process that has ended: nothing else has its number and its start. */
const GONE = `${process.pid}:1`;
/** More than Linux gives out. */
const NOBODY = 4_194_305;

interface Left {
  readonly above?: string;
  readonly remaining?: number;
  readonly config?: string;
  readonly end?: string;
  /** seconds since the epoch */
  readonly at?: number;
}

async function startCertbot() {
  const certbot = startLastingCertbot();
  // It is Python from then on.
  await certbot.run(['true'], {});
  const runs = findProcess(certbot.pid) ?? { pid: 0, startTime: '' };
  return { certbot, run: runBy(runs, NAMES), above: `${runs.pid}:${runs.startTime}` };
}

async function createRecords(directory: string) {
  const records = join(directory, 'records');
  await mkdir(records, { mode: 0o700 });
  const { certbot, run, above: here } = await startCertbot();
  const launchers = launchedBy({ CERTBOT_HA_RECORDS: records, CERTBOT_HA_CONFIG: CONFIG });
  return {
    ...{ records, certbot, launchers, run },
    store: createPendingStore(join(directory, 'state'), noDamage, launchers),
    /** As hooks/launcher.sh does. */
    leave: async (challenge: AnyChallenge, left: Left = {}) => {
      const { above = here, remaining = 1, config = CONFIG, end = 'end\n', at } = left;
      const [token, value] =
        'value' in challenge ? ['', challenge.value] : [challenge.token, challenge.keyAuthorization];
      const lines = [
        '1',
        challenge.identifier,
        token,
        value,
        remaining,
        NAMES.join(','),
        config,
        ` ${above}`,
        end,
      ];
      const file = join(records, fileOf(keyOf(challenge)));
      await writeFile(file, lines.join('\n'));
      if (at !== undefined) await utimes(file, at, at);
    },
  };
}

const test = base.extend<{ readonly left: Awaited<ReturnType<typeof createRecords>> }>({
  left: async ({ directory }, use) => {
    const left = await createRecords(directory);
    await use(left);
    await left.certbot.kill();
  },
});

const keysOf = (entries: readonly AnyChallenge[]) => entries.map(keyOf);

describe('what launchers have recorded', () => {
  test('is of the batch, in the order in which certbot counts down', async ({
    left: { leave, store, run },
  }) => {
    const batch = makeChallenges(3);
    const at = Date.now() / 1000;
    for (const [index, challenge] of batch.entries()) await leave(challenge, { remaining: 3 - index, at });
    expect(await store.batch(run)).toMatchObject(batch);
    expect(store.launched(run)).toHaveLength(3);
    expect(await store.leftOver(runBy(findProcess(process.pid), ['d.test']))).toEqual([]);
  });

  test('is taken in with the last one’s own, and is nowhere else then', async ({ left }) => {
    const { leave, store, run, records, launchers } = left;
    const [first, second, own] = makeChallenges(3) as [AnyChallenge, AnyChallenge, AnyChallenge];
    await leave(first, { remaining: 2 });
    await leave(second);
    await leave(own);
    await store.record(run, own);
    expect(await readdir(records)).toEqual([]);
    expect(launchers.all()).toEqual([]);
    expect(keysOf(await store.batch(run))).toEqual(keysOf([first, second, own]));
  });

  test('comes before the last one’s own, also where the clock has been set back since', async ({
    left: { leave, store, run },
  }) => {
    const [first, second, own] = makeChallenges(3) as [AnyChallenge, AnyChallenge, AnyChallenge];
    const at = Date.now() / 1000 + 3600;
    await leave(first, { remaining: 2, at });
    await leave(second, { at });
    await store.record(run, own);
    const found = await store.batch(run);
    expect(keysOf(found)).toEqual(keysOf([first, second, own]));
    const [, before = NaN, last = NaN] = found.map(({ recordedAtMs }) => recordedAtMs);
    expect(last).toBeGreaterThan(before);
  });

  test('is its own certbot’s alone, where another runs at once with the same names', async ({ left }) => {
    const { leave, store, run, records } = left;
    const other = await startCertbot();
    onTestFinished(other.certbot.kill);
    const [ours, theirs] = [NAMES.map(makeChallenge), NAMES.map(makeChallenge)];
    for (const index of [0, 1]) {
      const remaining = 2 - index;
      await leave(ours[index] ?? makeChallenge(), { remaining });
      await leave(theirs[index] ?? makeChallenge(), { remaining, above: other.above });
    }
    expect(keysOf(await store.batch(run))).toEqual(keysOf(ours.slice(0, 2)));
    expect(keysOf(await store.batch(other.run))).toEqual(keysOf(theirs.slice(0, 2)));
    await store.record(run, ours[2] ?? makeChallenge());
    const stay = theirs.slice(0, 2).map(({ token }) => fileOf(token));
    expect((await readdir(records)).toSorted()).toEqual(stay.toSorted());
    await store.record(other.run, theirs[2] ?? makeChallenge());
    expect(keysOf(await store.batch(run))).toEqual(keysOf(ours));
    expect(keysOf(await store.batch(other.run))).toEqual(keysOf(theirs));
    for (const one of [run, other.run]) expect(await store.leftOver(one)).toEqual([]);
  });

  test('of DNS-01 is taken in as well', async ({ left: { leave, store, run } }) => {
    const record = { identifier: 'a.test', value: 'x'.repeat(43) };
    await leave(record);
    const own = makeChallenge('b.test');
    await store.record(run, own);
    expect(await store.batch(run)).toMatchObject([record, own]);
  });

  test('is forgotten with its batch', async ({ left: { leave, store, run, records } }) => {
    const [one, other] = makeChallenges(2) as [AnyChallenge, AnyChallenge];
    await leave(one);
    await leave(other);
    await store.forget([keyOf(one)]);
    expect(await readdir(records)).toEqual([fileOf(keyOf(other))]);
    await store.forgetSoon(run);
    expect(await readdir(records)).toEqual([]);
  });

  test.for([
    ['with its hook’s shell', `${NOBODY} ${GONE} 1:1`],
    ['which the program that started it has outlived', `${NOBODY} ${GONE} ${process.pid}`],
    ['or with a wrapper below it', `${NOBODY}:1 ${NOBODY} ${GONE}`],
  ] as const)(
    'of a certbot that has ended, %s, is left over, but for those who have nothing but the same names',
    async ([, above], { left: { leave, store, run } }) => {
      const challenge = makeChallenge('a.test');
      await leave(challenge, { above });
      expect(await store.batch(run)).toEqual([]);
      expect(keysOf(await store.leftOver(run))).toEqual([keyOf(challenge)]);
      const unknown = runBy(null, NAMES);
      expect(keysOf(await store.batch(unknown))).toEqual([keyOf(challenge)]);
      expect(await store.leftOver(unknown)).toEqual([]);
      await store.record(unknown, makeChallenge('b.test'));
      expect(await store.leftOver(run)).toEqual([]);
      expect(await store.batch(unknown)).toHaveLength(2);
    },
  );

  test('is of the certbot above, also where its program goes by another name', async ({
    left: { leave, store, run },
  }) => {
    const here = findProcess(process.pid);
    const challenge = makeChallenge('a.test');
    await leave(challenge, {
      above: `${NOBODY} ${run.process?.pid} ${here?.pid}:${here?.startTime}`,
    });
    expect(keysOf(await store.batch(run))).toEqual([keyOf(challenge)]);
    expect(await store.batch(runBy(null, NAMES))).toEqual([]);
  });

  test('is of the certbot above, though another one has the number of its hook’s shell by now', async ({
    left: { leave, store, run },
  }) => {
    const other = await startCertbot();
    onTestFinished(other.certbot.kill);
    const challenge = makeChallenge('a.test');
    await leave(challenge, {
      above: `${other.run.process?.pid} ${run.process?.pid}:${run.process?.startTime}`,
    });
    expect(keysOf(await store.batch(run))).toEqual([keyOf(challenge)]);
    expect(await store.batch(other.run)).toEqual([]);
  });

  test('is newer than what was left of an earlier batch, though the clock has been set back since', async ({
    left: { leave, store, run },
  }) => {
    const clock = vi.spyOn(process.hrtime, 'bigint');
    const now = process.hrtime.bigint();
    clock.mockReturnValue(now + 3_600_000_000_000n);
    const old = [makeChallenge('a.test'), makeChallenge('b.test')] as const;
    for (const challenge of old) await store.record(run, challenge);
    clock.mockRestore();
    const [first, second] = [makeChallenge('a.test'), makeChallenge('b.test')];
    await leave(first);
    await store.record(run, second);
    expect(keysOf(await store.batch(run))).toEqual(keysOf([first, second]));
    expect(keysOf(await store.leftOver(run)).toSorted()).toEqual(keysOf(old).toSorted());
  });

  test.for([
    ['that runs', `${process.pid}:${findProcess(process.pid)?.startTime}`],
    ['that has ended, where what is below it runs', `${process.pid} ${NOBODY}:1`],
    ['that runs, below a certbot that has ended', `${process.pid} ${NOBODY}:1 ${GONE}`],
  ] as const)(
    'where no certbot is found, but a program %s, is told by the names alone, and left over after an hour',
    async ([, above], { left: { leave, store, run } }) => {
      const unknown = runBy(null, NAMES);
      const [fresh, old] = [makeChallenge('a.test'), makeChallenge('b.test')];
      await leave(fresh, { above });
      await leave(old, { above, at: Date.now() / 1000 - 3_700 });
      expect(await store.batch(run)).toEqual([]);
      expect(keysOf(await store.batch(unknown))).toEqual(keysOf([old, fresh]));
      expect(keysOf(await store.leftOver(run))).toEqual([keyOf(old)]);
    },
  );

  test('of another configuration stays as it is', async ({ left: { leave, store, run, records } }) => {
    await leave(makeChallenge('a.test'), { config: '/srv/other.yaml' });
    await leave(makeChallenge('b.test'), { config: '' });
    await store.record(run, makeChallenge('c.test'));
    expect(await store.batch(run)).toHaveLength(1);
    expect(await store.leftOver(run)).toEqual([]);
    expect(await readdir(records)).toHaveLength(2);
  });
});

describe('nothing is taken from', () => {
  test.for([
    ['a record that is cut off', { end: 'en' }],
    ['a record without its last line', { end: '' }],
    ['a record of no process', { above: '' }],
    ['a record of none that may be a certbot', { above: '1 2' }],
    ['a count that is none', { remaining: -1 }],
  ] as const)(
    '%s, which goes away after a minute',
    async ([, how], { left: { leave, store, run, records } }) => {
      const challenge = makeChallenge('a.test');
      await leave(challenge, how);
      expect(await store.batch(run)).toEqual([]);
      expect(await readdir(records)).toEqual([fileOf(challenge.token)]);
      await leave(challenge, { ...how, at: Date.now() / 1000 - 61 });
      expect(await store.batch(run)).toEqual([]);
      expect(await readdir(records)).toEqual([]);
    },
  );

  test('a file by another name, or a link', async ({ left: { leave, launchers, records } }) => {
    const challenge = makeChallenge('a.test');
    await leave(challenge);
    const text = await readFile(join(records, fileOf(challenge.token)), 'utf8');
    for (const name of [fileOf('x'), fileOf('x'.repeat(43)), challenge.token])
      await writeFile(join(records, name), text);
    await symlink(join(records, fileOf(challenge.token)), join(records, fileOf('y'.repeat(43))));
    expect(keysOf(launchers.all())).toEqual([challenge.token]);
  });

  test('a directory that is a link, and nothing is removed there', async ({
    left: { leave, records },
    directory,
  }) => {
    const challenge = makeChallenge('a.test');
    await leave(challenge);
    const link = join(directory, 'link');
    await symlink(records, link);
    const launchers = launchedBy({ CERTBOT_HA_RECORDS: link, CERTBOT_HA_CONFIG: CONFIG });
    launchers.open();
    expect(launchers.all()).toEqual([]);
    launchers.remove([challenge.token]);
    expect(await readdir(records)).toEqual([fileOf(challenge.token)]);
  });
});

describe('nothing is removed', () => {
  test('from a directory that is not for records, whatever its files are', async ({
    left: { launchers, store, run, records },
  }) => {
    const [long, other] = ['x'.repeat(43), fileOf('y'.repeat(43))];
    const names = ['shadow', long, `${long}.service`, fileOf('passwd'), fileOf(`.${long}`), other];
    for (const name of names) {
      await writeFile(join(records, name), name === other ? 'not a record\n' : '1\n');
      await utimes(join(records, name), 0, 0);
    }
    expect(launchers.all()).toEqual([]);
    await store.leftOver(run);
    launchers.remove(names);
    expect(await readdir(records)).toEqual(names.toSorted());
  });

  test('from a directory that launchers leave to Node.js', async ({ left: { leave, records } }) => {
    const challenge = makeChallenge('a.test');
    await leave(challenge, { end: '', at: 1 });
    for (const place of [`${records}/`, relative('.', records)])
      expect(launchedBy({ CERTBOT_HA_RECORDS: place, CERTBOT_HA_CONFIG: CONFIG }).all()).toEqual([]);
    expect(await readdir(records)).toEqual([fileOf(challenge.token)]);
  });

  test('where nothing can be, which is no error', async ({ left, skip }) => {
    if (process.getuid?.() !== 0) return skip('needs root');
    const { leave, store, run, records, launchers } = left;
    const [cutOff, other, own] = makeChallenges(3) as [AnyChallenge, AnyChallenge, AnyChallenge];
    await leave(cutOff, { end: '', at: 1 });
    await leave(other);
    execFileSync('mount', ['--bind', '-o', 'ro', records, records]);
    try {
      expect(keysOf(launchers.all())).toEqual([keyOf(other)]);
      await store.record(run, own);
      expect(keysOf(await store.batch(run))).toEqual(keysOf([other, own]));
      await store.forget([keyOf(other), keyOf(own)]);
    } finally {
      execFileSync('umount', [records]);
    }
    expect(await readdir(records)).toHaveLength(2);
  });
});
