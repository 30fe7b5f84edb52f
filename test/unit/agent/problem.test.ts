import { EventEmitter, once } from 'node:events';
import fastify from 'fastify';
import { expect, test } from 'vitest';
import type { AgentApp } from '../../../lib/agent/app.ts';
import { addProblemDocuments } from '../../../lib/agent/problem.ts';
import { CertbotHaError } from '../../../lib/base/errors.ts';
import { refusalOf } from '../../../lib/channel/refusal.ts';
import { inTurn } from '../../../lib/system/in-turn.ts';

test('an agent refuses in one line, however much was found', async () => {
  const app = fastify();
  addProblemDocuments(app as unknown as AgentApp);
  app.get('/', () => {
    throw new CertbotHaError('failed', [{ code: 'inbox-full' }, { code: 'link-in-bundle', file: 'a\nb' }]);
  });
  const { statusCode, body } = await app.inject({ path: '/' });
  expect(statusCode).toBe(507);
  expect(JSON.parse(body)).toMatchObject({ detail: 'the inbox is full; a b: a link, expected a file' });
});

test('an agent that waits for its disk does not refuse: what it was asked for goes on', async () => {
  const app = fastify();
  addProblemDocuments(app as unknown as AgentApp);
  const turn = inTurn('/srv/webroot', { limitMs: 10 });
  const hang = new EventEmitter();
  let isDone = false;
  app.put('/', async () => {
    await turn(async () => {
      await once(hang, 'over');
      isDone = true;
    });
  });
  const { statusCode, body } = await app.inject({ method: 'PUT', path: '/' });
  hang.emit('over');
  expect([statusCode, JSON.parse(body)]).toMatchObject([
    503,
    { detail: expect.stringContaining('/srv/webroot') },
  ]);
  await turn(async () => undefined, { whileHung: 'wait', limitMs: 1_000 });
  expect(isDone).toBe(true);
});

test.for<readonly [string, string, object]>([
  ['no JSON', '<html>', { code: 'not-an-agent', status: 507 }],
  ['JSON of something else', '[]', { code: 'not-an-agent', status: 507 }],
  ['nothing', 'null', { code: 'not-an-agent', status: 507 }],
  ['a detail of several lines', '{"detail":"a\\nb\\u001b[2J\\u009b\\u202ec"}', { detail: 'a b [2J c' }],
  ['a detail that is too long', `{"detail":"${'x'.repeat(2_000)}"}`, { detail: 'x'.repeat(300) }],
])('what another agent refuses with is a finding of one line: %s', ([, text, found]) => {
  expect(refusalOf(507, text)).toMatchObject(found);
});

test.for([
  ['ENOSPC', 507],
  ['EDQUOT', 507],
  ['EROFS', 500],
] as const)("an agent says in the system's words that it cannot write: %s", async ([code, status]) => {
  const app = fastify();
  addProblemDocuments(app as unknown as AgentApp);
  app.get('/', () => {
    throw Object.assign(new Error(`${code}: no room, write`), { errno: -28, code });
  });
  const { statusCode, body } = await app.inject({ path: '/' });
  expect(statusCode).toBe(status);
  expect(JSON.parse(body)).toMatchObject({ detail: `${code}: no room, write` });
});
