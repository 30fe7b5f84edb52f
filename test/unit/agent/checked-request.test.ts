import fastify from 'fastify';
import { expect, test } from 'vitest';
import type { AgentApp } from '../../../lib/agent/app.ts';
import { SCHEMAS } from '../../../lib/agent/checked-request.ts';
import { addProblemDocuments } from '../../../lib/agent/problem.ts';
import { activationBody, bundleBody, presentBody, syncRequestBody } from '../../../lib/agent/requests.ts';

const SECRET = 'ThisMustNotBeTold';

test.for([
  ['nothing', presentBody, null, 'must be an object'],
  ['a list', presentBody, [SECRET], '/challenges is missing'],
  ['no challenges', presentBody, { challenges: [] }, '/challenges must not be empty'],
  ['a key beside', presentBody, { challenges: [], [SECRET]: 1 }, '/challenges must not be empty'],
  [
    'a key beside what is right',
    activationBody,
    { stamp: '2026-01-01T00:00:00.000Z', [SECRET]: 1 },
    'may have nothing but stamp',
  ],
  [
    'a challenge of another token',
    presentBody,
    { challenges: [{ token: 'x'.repeat(22), keyAuthorization: SECRET }] },
    '/challenges/0 must have a keyAuthorization of its token',
  ],
  [
    'a number',
    presentBody,
    { challenges: [{ token: 1, keyAuthorization: SECRET }] },
    '/challenges/0/token must be a string',
  ],
  ['a day that is none', activationBody, { stamp: '2026-02-30T00:00:00.000Z' }, '/stamp must be a stamp'],
  ['no file', bundleBody, { manifest: SECRET, files: {} }, '/files/cert.pem is missing'],
  [
    'a large file',
    bundleBody,
    { manifest: 'x'.repeat(65_537), files: {} },
    '/manifest must have at most 65536 characters',
  ],
  ['a node with a slash', syncRequestBody, { node: '../x' }, '/node must be the name of a node'],
] as const)(
  'a body that breaks a rule is refused with its place, and with nothing of itself: %s',
  async ([, schema, body, detail]) => {
    const app = fastify(SCHEMAS);
    addProblemDocuments(app as unknown as AgentApp);
    app.post('/', { schema: { body: schema } }, () => 'taken');
    const headers = { 'content-type': 'application/json' };
    const answer = await app.inject({ method: 'POST', path: '/', headers, payload: JSON.stringify(body) });
    expect(answer.statusCode).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({
      detail: detail.startsWith('/') ? `body${detail}` : `body ${detail}`,
    });
    expect(answer.body).not.toContain(SECRET);
  },
);
