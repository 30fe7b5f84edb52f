import type { Readable } from 'node:stream';

/**
 * Reads a body up to a limit and gives the rest up, so that no peer decides how much is kept.
 * @returns the bytes, more than `maxBytes` of them when the body was longer
 */
export async function readAtMost(body: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) break; // leaving the loop destroys the stream
  }
  return Buffer.concat(chunks);
}
