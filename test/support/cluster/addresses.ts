import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Addresses that no other test uses, all of them on this host alone. */
export function loopbackAddresses(count: number): readonly string[] {
  const network = `127.${randomInt(1, 255)}.${randomInt(1, 255)}`;
  return Array.from({ length: count }, (_, index) => `${network}.${index + 1}`);
}

/** Below those that Linux gives to whoever names none: what is free here is not somebody's a moment later. */
const PORTS = [10_000, 32_767] as const;

/** A port that nothing listens on, on any of the addresses: the preferred one, if it is that. */
export async function freePort(addresses: readonly string[], preferred = 0): Promise<number> {
  const [first = '127.0.0.1', ...others] = addresses;
  for (let wanted = preferred; ; wanted = 0) {
    const port = await listenOnce(first, wanted || randomInt(...PORTS));
    const found = await Promise.all(others.map(async (address) => await listenOnce(address, port)));
    if (port !== 0 && found.every((one) => one === port)) return port;
  }
}

/** The port, or 0 when it is taken. */
async function listenOnce(host: string, port: number): Promise<number> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    const address = server.address();
    server.close();
    await once(server, 'close');
    return typeof address === 'object' && address ? address.port : 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return 0; // the caller tries another
  }
}
