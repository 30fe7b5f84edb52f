import type { Metrics } from '../metrics/metrics.ts';
import type { AdminApp } from './app.ts';
import { loadOnce } from './load-once.ts';

export interface MetricsRouteOptions {
  /** Loads them: whoever has no Prometheus need not have them in memory. */
  readonly metrics: () => Promise<Metrics>;
}

/** `/metrics`, in the text format of Prometheus. */
export function addMetricsRoutes(app: AdminApp, { metrics }: MetricsRouteOptions): void {
  const loaded = loadOnce(metrics);
  app.get('/metrics', async (_, reply) => {
    const { contentType, text } = await loaded();
    return reply.type(contentType).send(await text());
  });
}
