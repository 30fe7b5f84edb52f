import fastify from 'fastify';
import { expect, it, onTestFinished } from 'vitest';
import type { AdminApp } from '../../../../lib/agent/admin/app.ts';
import { addMetricsRoutes } from '../../../../lib/agent/admin/metrics-routes.ts';
import { addPageRoutes } from '../../../../lib/agent/admin/page-routes.ts';

/** Loads it, but not at the first time. */
function atSecond<T>(loaded: T): () => Promise<T> {
  let count = 0;
  return async () => {
    count += 1;
    if (count === 1) throw new Error('EMFILE: too many open files');
    return loaded;
  };
}

it.each<readonly [string, (app: AdminApp) => void]>([
  ['/', (app) => addPageRoutes(app, { page: atSecond(async () => ({ html: '<p>', headers: {} })) })],
  [
    '/metrics',
    (app) =>
      addMetricsRoutes(app, { metrics: atSecond({ contentType: 'text/plain', text: async () => 'a 1' }) }),
  ],
])('%s is loaded again where that has failed', async (url, add) => {
  const app = fastify();
  onTestFinished(async () => await app.close());
  add(app);
  const asked = [await app.inject({ url }), await app.inject({ url }), await app.inject({ url })];
  expect(asked.map(({ statusCode }) => statusCode)).toEqual([500, 200, 200]);
});
