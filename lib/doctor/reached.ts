import { connect } from 'node:net';

const TIMEOUT_MS = 2_000;

/** Whether anything at all answers at a port, be it a refusal: then its host is there, and lets this one in. Never rejects. */
export async function isReached(host: string, port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (isThere: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(isThere);
    };
    const timer = setTimeout(end, TIMEOUT_MS, false);
    socket.once('connect', () => end(true));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code === 'ECONNREFUSED'));
  });
}
