import { defineConfig } from 'vitest/config';
import { SecondTries } from './test/reporters/second-tries.ts';

const project = (name: string, options: Record<string, unknown> = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], ...options },
});

export default defineConfig({
  test: {
    reporters: ['default', new SecondTries()],
    // A second try is for real daemons on a busy machine; the run ends with a list of the tests that needed it.
    projects: [
      project('unit', { testTimeout: 10_000, maxWorkers: 4 }),
      project('integration', { retry: 1, testTimeout: 30_000, hookTimeout: 30_000, maxWorkers: 4 }),
      // Every file boots a lab of its own; two at a time is what two cores carry.
      project('e2e', {
        retry: 1,
        testTimeout: 180_000,
        hookTimeout: 120_000,
        maxWorkers: 2,
        minWorkers: 1,
        globalSetup: './test/lab/global-setup.ts',
        tags: [{ name: 'core', description: 'what `npm test` runs on every Debian' }],
      }),
    ],
  },
});
