import { test as base } from 'vitest';
import { openLab, type Lab, type LabOptions } from '../lab/lab.ts';
import { clearLeft, leftOn } from './e2e-left.ts';

/** Has something undone when the test is over, however it ends; what was done last is undone first. */
export type Undo = (action: () => Promise<unknown>) => void;

/** Skips a test that makes no sense without hosts of its own: what it needs them for. */
export type NeedsHosts = (what: string) => void;

/**
 * Tests of a file in one lab, which is opened for the first and closed after the last. After every test what it
 * did to the lab is undone, and then nothing of its challenges may be left on any node.
 */
export function testIn(options: LabOptions = {}) {
  return base
    .extend('options', { scope: 'file' }, () => options)
    .extend('lab', { scope: 'file' }, async ({ options: labOptions }, { onCleanup }) => {
      const lab = await openLab(labOptions).catch(openInstead);
      onCleanup(async () => {
        await lab.close();
      });
      return lab;
    })
    .extend('undo', { auto: true }, async ({ lab }, { onCleanup }): Promise<Undo> => {
      const actions: (() => Promise<unknown>)[] = [];
      onCleanup(async () => {
        for (const action of actions.toReversed()) await action();
        await expectNothingLeft(lab);
      });
      return (action) => {
        actions.push(action);
      };
    })
    .extend('needsHosts', ({ lab, skip, task }): NeedsHosts => (what) => {
      if (lab.kind === 'booted') return;
      console.warn(`skipped: ${task.name}: ${what}: only with booted hosts (${lab.reason})`);
      skip(`${what}: only with booted hosts`);
    });
}

/** What loopback does not have is no failure: `needsHosts` skips the tests, which takes some lab. */
async function openInstead(error: unknown): Promise<Lab> {
  if (!(error instanceof Error && error.message.includes('only with booted hosts'))) throw error;
  return await openLab();
}

async function expectNothingLeft(lab: Lab): Promise<void> {
  const left = await leftOn(lab.nodes);
  if (left.length === 0) return;
  // The next test is not to fail for it too.
  await clearLeft(lab.nodes);
  throw new Error(`left after the test:\n${left.join('\n')}`);
}
