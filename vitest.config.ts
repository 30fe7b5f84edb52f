import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';
import { SecondTries } from './test/reporters/second-tries.ts';

const TAGS = [
  { name: 'core', description: 'what `npm test` runs on every Debian' },
  { name: 'mixed', description: 'what boots two Debians at once; `npm test` runs it beside the core' },
  { name: 'long', description: 'what only `npm run test:long` runs' },
  { name: 'slow', description: 'what `npm run check` leaves to `npm test`' },
];

const project = (name: string, options: Record<string, unknown> = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], tags: TAGS, ...options },
});

// No module has state of its own and none is mocked, so test files may share what a worker has loaded: half the time.
const shared = { isolate: false, maxWorkers: 4 };

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    reporters: ['default', new SecondTries()],
    // A second try is for real daemons on a busy machine; the run ends with a list of the tests that needed it.
    projects: [
      project('unit', { testTimeout: 10_000, ...shared }),
      project('integration', { retry: 1, testTimeout: 30_000, hookTimeout: 30_000, ...shared }),
      // The suites of the auth and clean-up hooks once more, over the commands that certbot starts.
      project('launchers', {
        ...shared,
        retry: 1,
        testTimeout: 30_000,
        hookTimeout: 30_000,
        include: ['test/integration/hooks*.test.ts'],
        env: { CERTBOT_HA_TEST_HOOKS: 'launchers' },
      }),
      // Every file boots a lab of its own; three at a time keep two cores busy.
      project('e2e', {
        retry: 1,
        testTimeout: 300_000,
        hookTimeout: 120_000,
        maxWorkers: 3,
        minWorkers: 1,
        // A worker loads what the files have in common once; each has a lab of its own.
        isolate: false,
        globalSetup: './test/lab/global-setup.ts',
      }),
    ],
  },
});
