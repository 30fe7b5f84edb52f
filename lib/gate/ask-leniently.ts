import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { buildConnector as BuildConnector } from 'undici';

interface LenientRequest {
  readonly connect: BuildConnector.connector;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxHeaderSize: number;
  readonly signal: AbortSignal;
}

/**
 * Whether undici does not read an answer that Go may read: line ends without a carriage return, folded lines, a length
 * beside chunks. undici's parser is strict, and cannot be told not to be.
 */
export function isMisread(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return (
    error.name === 'HTTPParserError' ||
    code.startsWith('HPE_') ||
    code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'
  );
}

/** The same request by Node.js's own client, whose parser can be told to be lenient. Its answer has to be read or destroyed. */
export async function askLeniently({
  connect,
  url,
  headers,
  ...options
}: LenientRequest): Promise<IncomingMessage> {
  const { request } = await import('node:http');
  const socket = await connected(connect, url);
  return await new Promise((resolve, reject) => {
    const sent = request({
      ...options,
      headers,
      path: url.pathname + url.search,
      createConnection: () => socket,
      insecureHTTPParser: true,
    });
    sent.on('error', reject);
    sent.on('response', (answer) => {
      // Here Go is not lenient.
      if (!answer.rawHeaders.some(hasControlCharacter)) return resolve(answer);
      answer.destroy();
      reject(
        Object.assign(new Error('a control character in a header'), { code: 'HPE_INVALID_HEADER_TOKEN' }),
      );
    });
    sent.end();
  });
}

/** Bytes above ASCII are none: what they mean nobody says. */
function hasControlCharacter(text: string): boolean {
  return Buffer.from(text, 'latin1').some((byte) => (byte < 0x20 && byte !== 0x09) || byte === 0x7f);
}

async function connected(
  connect: BuildConnector.connector,
  { protocol, hostname, host, port }: URL,
): Promise<Socket> {
  return await new Promise((resolve, reject) => {
    connect({ protocol, hostname, host, port }, (error, socket) => (error ? reject(error) : resolve(socket)));
  });
}
