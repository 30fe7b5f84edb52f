// @module-tag slow
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { recordOf } from '../../lib/challenge/dns-01.ts';
import { configOf } from '../../lib/cluster/config.ts';
import { createPublisher } from '../../lib/dns/create.ts';
import { linesOf } from '../../lib/findings/words.ts';
import { lackOfNamed, startNamed } from '../support/dns/named.ts';
import { expect, test as base } from '../support/temporary.ts';

const signal = new AbortController().signal;
const VALUES = ['a', 'b', 'c'].map((letter) => letter.repeat(43));
const records = ['example.test', '*.example.test', 'www.example.test'].map((identifier, index) =>
  recordOf({ identifier, value: VALUES[index] ?? '' }),
);

/** A publisher by a program that is this script of sh(1), and what that program writes into `out`. */
const test = base.extend<{
  by: (
    script: string,
    more?: object,
  ) => Promise<{ out(): Promise<string>; publisher: Awaited<ReturnType<typeof createPublisher>> }>;
}>({
  by: async ({ directory }, use) => {
    const server = await startNamed(join(directory, 'named'), {
      zones: { 'example.test': ['_acme-challenge.www CNAME www.acme.test.'], 'acme.test': [] },
    });
    await use(async (script, more = {}) => {
      const program = join(directory, 'publish');
      await writeFile(program, `#!/bin/sh\n${script}\n`);
      await chmod(program, 0o755);
      const dns = { provider: 'command', command: [program, 'x'], resolvers: [server.resolver], ...more };
      const config = configOf('c', JSON.stringify({ nodes: { web1: '192.0.2.1' }, dns }));
      const publisher = await createPublisher(config, {
        PATH: process.env['PATH'],
        OUT: join(directory, 'out'),
      });
      return { publisher, out: async () => await readFile(join(directory, 'out'), 'utf8') };
    });
    await server.close();
  },
});

describe.skipIf(lackOfNamed !== null)('dns.command', () => {
  test('runs the program once, with the action in its environment and a record a line on its stdin', async ({
    by,
  }) => {
    const { publisher, out } = await by('{ echo "$CERTBOT_HA_DNS_ACTION $*"; cat; } >> "$OUT"');
    expect(await publisher.publish(records, signal)).toEqual(records.map(() => ({ isOk: true })));
    expect(await publisher.withdraw(records.slice(0, 1), signal)).toEqual([{ isOk: true }]);
    expect((await out()).split('\n')).toEqual([
      'present x',
      `_acme-challenge.example.test ${VALUES[0]} example.test _acme-challenge.example.test`,
      `_acme-challenge.example.test ${VALUES[1]} example.test _acme-challenge.example.test`,
      `www.acme.test ${VALUES[2]} acme.test _acme-challenge.www.example.test`,
      'cleanup x',
      `_acme-challenge.example.test ${VALUES[0]} example.test _acme-challenge.example.test`,
      '',
    ]);
  });

  test('tells its exit code and what it says, and none of the records counts', async ({ by }) => {
    const { publisher } = await by('echo out; for i in 1 2 3 4 5 6; do echo "line $i" >&2; done; exit 3');
    const outcomes = await publisher.publish(records, signal);
    expect(outcomes).toHaveLength(3);
    for (const outcome of outcomes)
      expect(outcome.isOk ? [] : linesOf(outcome.reason)).toEqual([
        expect.stringMatching(/publish: exit 3 \[dns-command-failed\]$/),
        ...[2, 3, 4, 5, 6].map((line) => `line ${line}`),
      ]);
  });

  test('has an end where the program has none, and a record whose zone is not found keeps no other back', async ({
    by,
  }) => {
    const { publisher, out } = await by('cat >> "$OUT"; exec sleep 60', { timeout: 1 });
    const lost = { name: '_acme-challenge.example.org', value: VALUES[0] ?? '' };
    const codes = (await publisher.publish([lost, ...records.slice(0, 1)], signal)).map(
      (one) => one.isOk || one.reason.code,
    );
    expect(codes).toEqual(['dns-resolver-failed', 'program-too-slow']);
    expect(await out()).toContain(VALUES[0]);
  });
});
