import { once } from 'node:events';
import { request, type IncomingMessage, type RequestOptions } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';

interface Answered {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** What a server answers over a connection of its own. */
export async function answered(options: RequestOptions): Promise<Answered> {
  const sent = request({ ...options, agent: false }).end();
  // What the parser of HTTP refuses is answered with words, also where HEAD allows none.
  sent.on('error', () => undefined);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const { statusCode: status = 0, headers } = answer;
  return { status, type: headers['content-type'] ?? '', body: await text(answer) };
}

/** An answer as it has to be, whatever was asked. */
export function judged({ status, type, body }: Answered): Pick<Answered, 'status' | 'body'> {
  expect(status).toBeOneOf([200, 202, 400, 404, 405, 413, 414, 415, 421, 431, 501, 503, 507]);
  if (status >= 400 && ![431, 503].includes(status) && body !== '')
    expect(type).toMatch(/^application\/problem\+json/);
  expect(Buffer.byteLength(body)).toBeLessThan(200_000);
  return { status, body };
}
