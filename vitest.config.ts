import { defineConfig } from 'vitest/config';

const project = (name: string, options: Record<string, unknown> = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], ...options },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', { testTimeout: 10_000, maxWorkers: 3 }),
      project('integration', { testTimeout: 30_000, hookTimeout: 30_000, maxWorkers: 3 }),
      // Every file boots a lab of its own; two at a time is what two cores carry.
      project('e2e', { testTimeout: 180_000, hookTimeout: 120_000, maxWorkers: 2, minWorkers: 1 }),
    ],
  },
});
