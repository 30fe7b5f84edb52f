import { expect, test as base } from 'vitest';
import { openLab, type Lab, type LabNode, type LabOptions } from '../lab.ts';
import { configuring, type Configuring } from './configure.ts';
import { authorityIn, forging } from './forge.ts';
import { hooking, type Hooking } from './hooks.ts';
import { issuing, type Issuing } from './issue.ts';
import { installed, type Installed } from './installed.ts';
import { leftOver, type LeftOver } from './left-over.ts';
import { naming, type Naming } from './names.ts';
import { outages, type Outages } from './outage.ts';
import { replacing, type Replacing } from './replace.ts';
import { served, type Served } from './served.ts';
import { serving, type Serving } from './serve.ts';
import { threeOf, type Stage } from './stage.ts';
import { timing, type Timing } from './timers.ts';

export { eventually } from '../eventually.ts';
export type { LabNode } from '../lab.ts';
export { expect };

/**
 * A lab with three nodes, and what a test does with them. Each verb registers its own undo; `undo` does so for what no
 * verb does. When the test is over, nothing of its challenges and deliveries may be left on any node.
 */
export interface Scene
  extends
    Stage,
    Naming,
    Issuing,
    Serving,
    Served,
    Installed,
    Configuring,
    Outages,
    Replacing,
    Timing,
    Hooking,
    LeftOver {
  /** The first VIP. */
  readonly vip: string;
  /** The node that has the first VIP. */
  holder(): Promise<LabNode>;
  /** Resolves when the node has every VIP. */
  moveVip(to: LabNode): Promise<void>;
  /** Skips a test that makes no sense without hosts of its own: what it needs them for. */
  needsHosts(what: string): void;
}

/** Tests with a `scene` in a lab with three nodes. */
export const test = testIn();

/** Tests in a lab of another make, which a file opens for its first test and closes after its last. */
export function testIn(options: LabOptions = {}) {
  return (
    base
      .extend('options', { scope: 'file' }, () => options)
      .extend('lab', { scope: 'file' }, async ({ options: labOptions }, { onCleanup }) => {
        const lab = await openLab(labOptions).catch(openInstead);
        onCleanup(async () => await lab.close());
        return lab;
      })
      .extend('scene', { auto: true }, async ({ lab, skip, task }, { onCleanup }): Promise<Scene> => {
        const actions: (() => Promise<unknown>)[] = [];
        const scene = createScene({ lab, nodes: threeOf(lab), undo: (action) => void actions.push(action) });
        onCleanup(async () => {
          for (const action of actions.toReversed()) await action();
          // What a failed test leaves is cleared too, but is no failure of its own: vitest would not let the second try pass after it.
          await scene.expectNothingLeft().catch((error: unknown) => {
            if (task.result?.state !== 'fail') throw error;
            console.warn(String(error));
          });
        });
        await lab.moveVip(scene.nodes[0]);
        const needsHosts = (what: string) => {
          if (lab.kind === 'booted') return;
          console.warn(`skipped: ${task.name}: ${what}: only with booted hosts (${lab.reason})`);
          skip(`${what}: only with booted hosts`);
        };
        return { ...scene, needsHosts };
      })
      // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures that are used off the pattern
      .extend('authority', { scope: 'file' }, async ({}, { onCleanup }) => {
        const { authority, remove } = await authorityIn();
        onCleanup(remove);
        return authority;
      })
      .extend('forge', ({ authority }) => forging(authority))
  );
}

function createScene(stage: Stage): Omit<Scene, 'needsHosts'> {
  const { lab } = stage;
  return {
    ...stage,
    ...naming(),
    ...issuing(stage),
    ...serving(stage),
    ...served(stage),
    ...installed(),
    ...configuring(stage),
    ...outages(stage),
    ...replacing(stage),
    ...timing(stage),
    ...hooking(),
    ...leftOver(stage),
    vip: lab.vips[0] ?? '',
    holder: lab.holder,
    moveVip: lab.moveVip,
  };
}

/** What loopback does not have is no failure: `needsHosts` skips the tests, which takes some lab. */
async function openInstead(error: unknown): Promise<Lab> {
  if (!(error instanceof Error && error.message.includes('only with booted hosts'))) throw error;
  return await openLab();
}
