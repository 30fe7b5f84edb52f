// @module-tag slow
import { dirname, join } from 'node:path';
import { describe } from 'vitest';
import { DIST } from '../support/cluster/built.ts';
import { hookEnv, hookFile } from '../support/cluster/certbot-hook.ts';
import { makeChallenge, makeChallenges } from '../support/cluster/challenge.ts';
import { expect, test, type TestCluster } from '../support/cluster/cluster.ts';
import { AUTH, recordsOf } from '../support/cluster/launchers.ts';
import { sourcesOf } from '../support/cluster/loaded-sources.ts';
import { expect as expectOf, NAME, test as testOf } from '../support/cluster/pair.ts';
import { lackOf } from '../support/packages.ts';
import { startLastingCertbot, type LastingCertbot } from '../support/programs/lasting-certbot.ts';
import { connectionsIn } from '../support/programs/connections.ts';
import { instructionsOf } from '../support/programs/instructions.ts';
import { traced, type Traced } from '../support/programs/traced.ts';

// What hooks open and ask of the kernel, which no machine changes. The limits have a little room, for another Node.js or C library.

const lack = await lackOf(['strace', 'dash']);
const lackOfValgrind = await lackOf(['valgrind']);

/** How often each was opened. */
function times(opened: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const file of opened) counts.set(file, (counts.get(file) ?? 0) + 1);
  return counts;
}
const twice = (opened: readonly string[]) => [...times(opened)].filter(([, count]) => count > 1);

describe.skipIf(lack !== null)('a launcher that only records', () => {
  /** Each process above it is one file; one that may be a certbot, one more. The shell reads such a file byte by byte. */
  const ABOVE = /^\/proc\/\d+\/stat(?:us)?$/;
  /** Its script, two of the C library, /dev/null and the record: 5. */
  const FILES = 6;
  /** 80 and 8 with dash and glibc on amd64. */
  const CALLS = { itself: 100, eachAbove: 10 };
  /** As far as the line PPid, some 80; the line of a certbot's stat has some 330. */
  const BYTES = { status: 128, stat: 512 };
  /** 1,070,000 and 125,000 with dash and glibc on amd64: the same for the same programs, however busy a machine is. */
  const INSTRUCTIONS = { itself: 1_600_000, eachAbove: 190_000 };

  /** @param before what is put before the program */
  const run = (cluster: TestCluster, certbot: LastingCertbot, names: number) => {
    const batch = makeChallenges(names);
    const env = hookEnv(cluster, batch[0] ?? makeChallenge(), { remainingChallenges: names - 1, batch });
    // As /bin/sh of Debian reads the first line of the file.
    return async (before: readonly string[]) => await certbot.run([...before, 'dash', '-f', AUTH], env);
  };
  const saidOf = (names: number) => `n0.example.test: recorded, ${names - 1} more to come\n`;

  async function early(cluster: TestCluster, certbot: LastingCertbot, names: number): Promise<Traced> {
    const seen = await traced(run(cluster, certbot, names));
    expect(seen.ended).toMatchObject({ code: 0, stdout: saidOf(names), stderr: '' });
    return seen;
  }
  const isByte = (call: string) => /^read\(0, .*, 1\) /.test(call);

  test('asks little of the kernel, and for a hundred names no more than for two', async ({ cluster }) => {
    await recordsOf(cluster);
    const certbot = cluster.keep(startLastingCertbot());
    const calls: number[] = [];
    for (const names of [2, 100]) {
      const seen = await early(cluster, certbot, names);
      const above = seen.opened.filter((file) => ABOVE.test(file));
      const others = seen.opened.filter((file) => !ABOVE.test(file));
      expect(others.length, others.join('\n')).toBeLessThanOrEqual(FILES);
      expect(twice(seen.opened)).toEqual([]);
      const bytes = seen.calls.filter(isByte).length;
      const stats = above.filter((file) => file.endsWith('/stat'));
      expect(stats).toEqual([`/proc/${certbot.pid}/stat`]);
      expect(bytes).toBeLessThanOrEqual(BYTES.status * (above.length - 1) + BYTES.stat);
      calls.push(seen.calls.length - bytes);
      expect(calls.at(-1)).toBeLessThanOrEqual(CALLS.itself + CALLS.eachAbove * above.length);
    }
    const [ofTwo = 0, ofHundred] = calls;
    // The list of names may be more than the heap has room for.
    expect(ofHundred).toBeLessThanOrEqual(ofTwo + 4);
  });

  test.skipIf(lackOfValgrind !== null)('takes few instructions', async ({ cluster }) => {
    await recordsOf(cluster);
    const certbot = cluster.keep(startLastingCertbot());
    const { opened } = await early(cluster, certbot, 2);
    const above = opened.filter((file) => ABOVE.test(file)).length - 1;
    for (const names of [2, 100]) {
      const { instructions, ended } = await instructionsOf(run(cluster, certbot, names));
      expect(ended).toMatchObject({ code: 0, stdout: saidOf(names) });
      expect(instructions).toBeLessThanOrEqual(INSTRUCTIONS.itself + INSTRUCTIONS.eachAbove * above);
    }
  });
});

/** Of what was built, and the rooms of lib/ in it. */
async function builtIn({ opened }: Traced) {
  const files = opened.filter((file) => dirname(file) === join(DIST, 'lib'));
  const rooms = (await sourcesOf(files)).flatMap((source) => /^lib\/(\w+)\//.exec(source)?.[1] ?? []);
  return { files, rooms: new Set(rooms) };
}

/** What no hook has to do with. */
const NOT_A_HOOKS = new Set([
  'adoption',
  'agent',
  'commands',
  'doctor',
  'installer',
  'notify',
  'setup',
  'status',
  'units',
]);

describe.skipIf(lack !== null)('the last auth hook of a batch', () => {
  /** 11 of it, whatever the number of names. */
  const BUILT = 13;
  /** A further name: its record twice, when it is looked for and when it is taken in; what is made of it, written and read; its response: 5. */
  const EACH_NAME = 6;

  async function last(cluster: TestCluster, certbot: LastingCertbot, names: number): Promise<Traced> {
    const batch = makeChallenges(names);
    for (const [index, challenge] of batch.slice(0, -1).entries()) {
      const env = hookEnv(cluster, challenge, { remainingChallenges: names - 1 - index, batch });
      expect(await certbot.run([AUTH], env)).toMatchObject({ code: 0, stderr: '' });
    }
    const env = hookEnv(cluster, batch.at(-1) ?? makeChallenge(), { batch });
    const argv = [process.execPath, hookFile('auth')];
    const seen = await traced(async (strace) => await certbot.run([...strace, ...argv], env), 'trace=openat');
    expect(seen.ended).toMatchObject({ code: 0, stderr: '' });
    return seen;
  }

  test('loads little, none of it twice, and opens few files more for a further name', async ({ cluster }) => {
    await recordsOf(cluster);
    await cluster.startAll();
    const certbot = cluster.keep(startLastingCertbot());
    const [few, many] = [await last(cluster, certbot, 2), await last(cluster, certbot, 22)];
    for (const seen of [few, many]) {
      const { files, rooms } = await builtIn(seen);
      expect(files).not.toEqual([]);
      expect(files.length, files.join('\n')).toBeLessThanOrEqual(BUILT);
      expect(twice(files)).toEqual([]);
      expect([...rooms].filter((room) => NOT_A_HOOKS.has(room))).toEqual([]);
    }
    expect((many.opened.length - few.opened.length) / 20).toBeLessThanOrEqual(EACH_NAME);
  });
});

describe.skipIf(lack !== null)('the deploy hook', () => {
  /** 22 of it, with a peer by http. */
  const BUILT = 25;

  testOf(
    'loads little, and none of it twice, and has one connection to a peer’s agent',
    async ({ pair: { web1, web2 }, ca }) => {
      const [old, next] = [await ca.issue([NAME]), await ca.issue([NAME])];
      await web1.holds(NAME, old, next);
      await web2.has(NAME, old);
      for (const node of [web1, web2]) {
        await node.serve(NAME, old);
        await node.startAgent();
      }
      await web2.startInstaller();

      const seen = await traced(
        async (strace) => await web1.deployHook(NAME, strace),
        'trace=openat,connect,close',
      );

      expectOf(seen.ended).toMatchObject({ code: 0, stderr: '' });
      expectOf(connectionsIn(seen.calls).to.get(`${web2.address}:${web2.agentPort}`)).toBe(1);
      const { files, rooms } = await builtIn(seen);
      expectOf(files).not.toEqual([]);
      expectOf(files.length, files.join('\n')).toBeLessThanOrEqual(BUILT);
      expectOf(twice(files)).toEqual([]);
      expectOf([...rooms].filter((room) => NOT_A_HOOKS.has(room))).toEqual([]);
    },
  );
});
