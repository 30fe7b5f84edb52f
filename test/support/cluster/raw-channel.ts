import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { clientTls } from '../../../lib/channel/psk.ts';
import type { TestCluster } from './cluster.ts';

export interface RawAnswer {
  readonly status: number;
  readonly type: string | undefined;
  readonly body: string;
}

export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface Channel {
  readonly address: string;
  readonly port: number;
  readonly key: Buffer;
}

const keysOf = (key: Buffer) => ({ first: key, all: [key] });
export const newKey = () => randomBytes(32);
export const keyIn = async (file: string) => Buffer.from((await readFile(file, 'utf8')).trim(), 'hex');

/** To the agent of the second node. */
export async function channelTo(cluster: TestCluster): Promise<Channel> {
  return { address: cluster.nodes[1].address, port: cluster.agentPort, key: await keyIn(cluster.keyFile) };
}

/** One request by Node.js's own client, as written, without what our client checks before it sends. */
export async function ask({ address, port, key }: Channel, options: RawRequest): Promise<RawAnswer> {
  const { method = 'GET', path = '/v1/status', headers = {}, body } = options;
  const sent = request({
    ...clientTls('tester', keysOf(key)),
    ...{ host: address, port, method, path, headers, agent: false },
  });
  const answered = once(sent, 'response');
  sent.end(body);
  const [response] = (await answered) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode ?? 0, type: response.headers['content-type'], body: text };
}

export async function askJson(
  channel: Channel,
  method: string,
  path: string,
  body: unknown,
): Promise<RawAnswer> {
  const headers = { 'content-type': 'application/json' };
  return await ask(channel, { method, path, headers, body: JSON.stringify(body) });
}

/** A connection that has shaken hands, for whatever bytes a test wants to send. */
export async function openSocket({ address, port, key }: Channel): Promise<TLSSocket> {
  const socket = connect({ ...clientTls('tester', keysOf(key)), host: address, port });
  await once(socket, 'secureConnect');
  return socket.on('error', () => undefined); // how it ends is what the test looks at
}

/** All that a connection still says, until the other side ends it. */
export async function untilClosed(socket: TLSSocket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  if (!socket.closed) await once(socket, 'close');
  return text;
}
