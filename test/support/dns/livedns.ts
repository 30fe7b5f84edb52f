import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** A stand-in for Gandi's LiveDNS, built after its public documentation: TXT records alone. */
export interface LiveDnsServer {
  /** as `dns.apiUrl` has it */
  readonly url: string;
  readonly token: string;
  /** the TXT values of a name, without their quotes, in alphabetical order */
  values(name: string): Promise<readonly string[]>;
  /** method and path of what it was asked, since it was asked for this */
  asked(): readonly string[];
  /** Answers the next requests so, one after the other, in the place of what it would. */
  answerNext(...answers: readonly Given[]): void;
  /** Has these in the place of what is written, so many times: another host has read before, and writes now. */
  overwriteAfterNextWrites(times: number, values: readonly string[]): void;
  /** Has these in the place of what is there once it has answered so many reads: another host has read before. */
  overwriteAfterReads(times: number, values: readonly string[]): void;
  close(): Promise<void>;
}

export interface Given {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** @param records values by whole names */
export async function startLiveDns(
  zones: readonly string[],
  records: Readonly<Record<string, readonly string[]>> = {},
): Promise<LiveDnsServer> {
  const token = `pat_${'s3cret'.repeat(6)}`;
  const values = new Map(Object.entries(records));
  const given: Given[] = [];
  const asked: string[] = [];
  const overwriting: (readonly string[])[] = [];
  const afterReads: (readonly string[] | null)[] = [];

  async function answer(request: IncomingMessage): Promise<Given> {
    const body = await text(request);
    const { method = '', url = '', headers } = request;
    asked.push(`${method} ${url}`);
    const next = given.shift();
    if (next !== undefined) return next;
    if (headers.authorization !== `Bearer ${token}`) return problem(401, 'Unauthorized', 'wrong token');
    const [, zone = '', name = ''] =
      /^\/v5\/livedns\/domains\/([^/]+)\/records\/([^/]+)\/TXT$/.exec(url) ?? [];
    if (!zones.includes(zone)) return problem(404, 'Not Found', 'Domain not found');
    const whole = name === '%40' || name === '@' ? zone : `${decodeURIComponent(name)}.${zone}`;
    const there = values.get(whole);
    const later = method === 'GET' ? afterReads.shift() : null;
    if (later) values.set(whole, later);
    if (method === 'PUT') return put(whole, body);
    if (there === undefined)
      return problem(404, 'Not Found', `Can't find the DNS record ${name}/TXT in the zone`);
    if (method === 'DELETE') {
      values.delete(whole);
      return { status: 204 };
    }
    return json(200, {
      rrset_name: name,
      rrset_type: 'TXT',
      rrset_ttl: 300,
      rrset_values: there.map(quoted),
    });
  }

  function put(whole: string, body: string): Given {
    const { rrset_values: wanted, rrset_ttl: ttl } = JSON.parse(body) as {
      readonly rrset_values: readonly string[];
      readonly rrset_ttl: number;
    };
    if (wanted.length === 0 || ttl < 300) return problem(400, 'Bad Request', 'rrset_values, rrset_ttl');
    values.set(whole, overwriting.shift() ?? wanted.map(unquoted));
    return json(201, { message: 'DNS Record Created' });
  }

  const server = createServer((request, response) => void respond(response, answer(request)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    token,
    values: async (name) => (values.get(name) ?? []).toSorted(),
    asked: () => asked.splice(0),
    answerNext: (...answers) => void given.push(...answers),
    overwriteAfterNextWrites: (times, by) =>
      void overwriting.push(...Array.from({ length: times }, () => by)),
    overwriteAfterReads: (times, by) =>
      void afterReads.push(...Array.from({ length: times - 1 }, () => null), by),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function respond(response: ServerResponse, answer: Promise<Given>): Promise<void> {
  const { status, headers, body } = await answer;
  // Status 0: none at all.
  if (status === 0) return;
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body);
}

function json(status: number, body: object): Given {
  return { status, body: JSON.stringify(body) };
}

function problem(status: number, cause: string, message: string): Given {
  return json(status, { object: `HTTP${cause.replace(' ', '')}`, cause, code: status, message });
}

function quoted(value: string): string {
  return `"${value}"`;
}

function unquoted(value: string): string {
  return value.replaceAll('"', '');
}
