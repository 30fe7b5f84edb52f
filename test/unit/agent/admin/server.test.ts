import { pino } from 'pino';
import { onTestFinished, test, expect } from 'vitest';
import { createAdminServer } from '../../../../lib/agent/admin/server.ts';

const NEVER = async () => await Promise.reject(new Error('nobody asks for it'));

test.for<readonly [string, string, string]>([
  ['a body that is no JSON', 'application/json', '{'],
  ['a body that is too long', 'application/json', `"${'x'.repeat(2_000)}"`],
  ['a body of a kind that nobody reads', 'application/x-unknown', 'x'],
])('a stranger fills no journal with %s', async ([, type, body]) => {
  const log: string[] = [];
  const app = createAdminServer({
    ...{ names: [], obstacles: async () => [], metrics: NEVER, page: NEVER },
    lookup: async () => ({ by: null, why: 'unknown' }),
    logger: pino({ level: 'info' }, { write: (line) => void log.push(line) }),
  });
  onTestFinished(async () => await app.close());
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  const url = `${address}/.well-known/acme-challenge/${'a'.repeat(22)}`;
  const before = log.length;
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const answer = await fetch(url, { method, body, headers: { 'content-type': type } });
    // A web server shows its own page in place of this one.
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain(`no ${method} /.well-known`);
  }
  expect(log.slice(before)).toEqual([]);
  expect((await fetch(url)).status).toBe(404);
});
