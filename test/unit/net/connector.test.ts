import { expect, onTestFinished, test } from 'vitest';
import { createConnector } from '../../../lib/net/connector.ts';
import { deaf } from '../../support/programs/deaf-server.ts';
import { mute } from '../../support/programs/mute-server.ts';

const WITHIN_MS = 100;

/** Connects, and keeps the process from everything else at once. Resolves to the error's code; null: there was none. */
async function connectAndBlock(port: number, blockMs: number): Promise<string | null> {
  const { connect } = createConnector({ timeout: 5_000 }, undefined, { withinMs: WITHIN_MS });
  const endpoint = { hostname: '127.0.0.1', host: '127.0.0.1', protocol: 'http:', port: String(port) };
  return await new Promise((resolve) => {
    // From here on timers come before sockets.
    setImmediate(() => {
      connect(endpoint, (error, socket) => {
        socket?.destroy();
        resolve(error === null ? null : ((error as NodeJS.ErrnoException).code ?? error.message));
      });
      // The system call is made at the next tick.
      process.nextTick(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockMs));
    });
  });
}

test('a connection that was accepted in time counts, though the process could not see it before', async () => {
  const server = await mute('127.0.0.1');
  onTestFinished(server.close);
  expect(await connectAndBlock(server.port, 4 * WITHIN_MS)).toBeNull();
});

test('a connection that nobody has accepted by then is given up', async () => {
  const server = await deaf('127.0.0.1');
  onTestFinished(async () => await server.kill());
  expect(await connectAndBlock(server.port, 2 * WITHIN_MS)).toBe('ETIMEDOUT');
});

test('a connection that was accepted, and over which TLS is not agreed on by then, is given up', async () => {
  const server = await mute('127.0.0.1');
  onTestFinished(server.close);
  const { connect } = createConnector({ timeout: 5_000 }, undefined, { agreedWithinMs: WITHIN_MS });
  const { port } = server;
  const endpoint = { hostname: '127.0.0.1', host: '127.0.0.1', protocol: 'https:', port: String(port) };
  const startedMs = performance.now();
  const error = await new Promise((resolve) => {
    connect(endpoint, (...[failed]) => resolve(failed));
  });
  expect(error).toMatchObject({ code: 'ETIMEDOUT', message: 'nothing was said' });
  expect(performance.now() - startedMs).toBeLessThan(3_000);
});
