import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as base } from 'vitest';

/** A test with a directory of its own, which goes away with all that is in it. */
export const test = base.extend<{ readonly directory: string }>({
  directory: async ({ task, onTestFinished }, use) => {
    const directory = await mkdtemp(join(tmpdir(), `certbot-ha-test-${task.id.replace(/\W/g, '')}-`));
    // Vitest takes fixtures down before it calls what a test has handed to onTestFinished, last first: a program that
    // ends there may write until then.
    onTestFinished(async () => await rm(directory, { recursive: true, force: true }));
    await use(directory);
  },
});

// Both from one place: lint takes an `expect` of vitest's for stray outside of vitest's own `test`.
export { expect };
