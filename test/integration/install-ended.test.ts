// @module-tag slow
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import { environmentOf, startCli } from '../support/cluster/built.ts';
import { bundleFor, expect, test } from '../support/installer/generations.ts';
import type { InstallerNode } from '../support/installer/node.ts';
import { countOf, countOnce, ownSleep } from '../support/left-running.ts';

const PROGRAMS = [
  ['certbot-ha-installer', 'SIGTERM', (node: InstallerNode) => node.startInstall()],
  [
    'certbot-ha install-lineage',
    'SIGINT',
    ({ directory }: InstallerNode) =>
      startCli(environmentOf(join(directory, 'config.yaml')), ['install-lineage']),
  ],
] as const;

test.for(PROGRAMS)(
  '%s is ended by %s while the web server tests, and the next one installs',
  async ([, signal, start], { node, issued }) => {
    const seconds = ownSleep();
    await node.configure({ test: ['sleep', seconds] });
    const bundle = bundleFor(node, issued.next, 1);
    await node.deliver(bundle);
    const running = start(node);
    onTestFinished(async () => await running.kill());
    await eventually(async () => countOf(seconds), {
      until: (count) => count === 1,
      ...{ timeoutMs: 10_000, what: "the web server's test to run" },
    });
    const startedMs = performance.now();
    running.child.kill(signal);
    expect(await running.ended).toMatchObject({ code: null, signal });
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(await countOnce(seconds, 0)).toBe(0);
    await node.configure();
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
    expect(await node.result(bundle)).toMatchObject({ state: 'installed' });
  },
);
