import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import { exists } from '../../lib/system/read-file.ts';
import { expect, test } from '../support/cluster/cluster.ts';
import { CLI } from '../support/cluster/command-line.ts';
import { start } from '../support/programs/program.ts';

describe.concurrent('sync', () => {
  test('ends soon when it is told to while it waits for another roll-out, and leaves the requests to the next one', async ({
    cluster,
    onTestFinished,
  }) => {
    const [requests, lock, dead] = ['requests', 'delivery.lock', 'silent.json.lock'].map((name) =>
      join(cluster.stateDir, name),
    ) as [string, string, string];
    for (const directory of [requests, lock, dead]) await mkdir(directory, { recursive: true });
    await writeFile(join(requests, 'web2'), '');
    await utimes(dead, 0, 0);
    // As one that is refreshed again and again: it is not to be taken over.
    const later = new Date(Date.now() + 600_000);
    await utimes(lock, later, later);
    const env = cluster.envOf(cluster.nodes[0]);
    const waiting = start([process.execPath, CLI, 'sync'], { env });
    onTestFinished(waiting.kill);
    // What it does last before it waits.
    const isRemoved = async () => !(await exists(dead));
    await eventually(isRemoved, { timeoutMs: 10_000, what: 'the lock of a dead process to be removed' });
    waiting.child.kill('SIGTERM');
    const toldMs = performance.now();
    expect(await waiting.ended).toMatchObject({
      ...{ code: 1, signal: null, stdout: '' },
      stderr: `certbot-ha: ${cluster.stateDir}/delivery: interrupted while another process had it locked [lock-wait-interrupted]\n`,
    });
    expect(performance.now() - toldMs).toBeLessThan(5_000);
    expect(await readdir(cluster.stateDir)).toContain('delivery.lock');
    expect(await readdir(requests)).toEqual(['web2']);
  });
});
