// @module-tag slow
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { AUTH, certbotRuns, command, pendingIn } from '../support/cluster/certbot-runs.ts';
import { makeChallenge } from '../support/cluster/challenge.ts';
import { expect, lackOfPort, lineOf, makeDnsChallenge, test } from '../support/dns/published.ts';
import { canMount, NO_MOUNT } from '../support/programs/namespace.ts';

/** Publishes a second late, and tells what is in DNS when it is asked to take that back. */
const SLOW = `#!/bin/sh
cd "$1" || exit 3
if [ "$CERTBOT_HA_DNS_ACTION" = present ]; then sleep 1; else cp records records-before; fi
exec ./publish "$1"
`;

describe.skipIf(lackOfPort !== null)('a batch of both HTTP-01 and DNS-01', () => {
  test('whose second token finds a full disk ends what it publishes, takes all of it back, and ends certbot', async ({
    cluster,
    dns,
    skip,
  }) => {
    if (!canMount()) return skip(NO_MOUNT);
    const { directory, httpPort } = cluster;
    const program = join(directory, 'publish-slowly');
    await writeFile(program, SLOW);
    await chmod(program, 0o755);
    const gate = { timeout: 25, onFailure: 'abort', httpPort };
    await cluster.configure({ dns: { ...dns.settings, command: [program, directory] }, gate });
    await cluster.startAll();
    // It would be waited for until the time is over.
    dns.servers[2].manner = 'late';

    const names = ['a.example.test', 'b.example.test', 'c.example.test'] as const;
    const [one, two, record] = [makeChallenge(names[0]), makeChallenge(names[1]), makeDnsChallenge(names[2])];
    const batch = [one, two, record];
    const [root, left] = [cluster.nodes[0].webroot, join(directory, 'left')];
    const tokens = `${root}/.well-known/acme-challenge`;
    const script = [
      // With room for a token, and none for a second one.
      `mount -t tmpfs -o nr_inodes=4 none ${root} && mkdir -p ${tokens} || exit`,
      command(AUTH, cluster, record, 0, batch),
      `ls -A ${tokens} >${left}`,
    ];
    await writeFile(join(directory, 'last.sh'), script.join('\n'));
    const startedMs = performance.now();
    const certbot = await certbotRuns(cluster, [
      command(AUTH, cluster, one, 2, batch),
      command(AUTH, cluster, two, 1, batch),
      `unshare -m sh ${directory}/last.sh`,
      'echo asking the CA',
    ]);
    const { code, stdout, stderr } = await certbot.ended;
    expect(performance.now() - startedMs).toBeLessThan(20_000);

    expect({ code, stdout }).toEqual({ code: 143, stdout: expect.not.stringContaining('asking the CA') });
    expect(stderr).toContain('a token cannot be written: the disk is full [token-not-written]');
    expect(stderr).not.toMatch(/tokens-left|records-left/);
    expect(await readFile(left, 'utf8')).toBe('');
    expect(await cluster.tokens()).toEqual([[], [], []]);
    expect(await readFile(join(directory, 'records-before'), 'utf8')).toBe(`${lineOf(record)}\n`);
    expect(await dns.actions()).toEqual(['present', 'cleanup']);
    expect(await dns.records()).toEqual([]);
    expect(await pendingIn(cluster)).toEqual([]);
  });
});
