import type { Finding } from '../../findings/register.ts';
import { wordsOf } from '../../findings/words.ts';
import type { AdminApp } from './app.ts';

export interface HealthRouteOptions {
  /** what keeps this agent from its work, looked up anew each time; resolves within some seconds, and never rejects */
  readonly obstacles: () => Promise<readonly Finding[]>;
}

/** `/healthz`: the agent runs. `/readyz`: it can take challenges, or 503 with a line for each thing that it lacks. */
export function addHealthRoutes(app: AdminApp, { obstacles }: HealthRouteOptions): void {
  app.get('/healthz', async (_, reply) => reply.type('text/plain; charset=utf-8').send('ok\n'));

  app.get('/readyz', async (_, reply) => {
    const found = await obstacles();
    const lines = found.length === 0 ? ['ok'] : found.map(wordsOf);
    return reply
      .code(found.length === 0 ? 200 : 503)
      .type('text/plain; charset=utf-8')
      .send(`${lines.join('\n')}\n`);
  });
}
