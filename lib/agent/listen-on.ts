import type { SocketPlace } from '../net/listening-socket.ts';
import type { GivenSockets } from './given-sockets.ts';

interface ListeningApp {
  listen(options: { readonly host: string; readonly port?: number; readonly fd?: number }): Promise<unknown>;
}

/** Has a server listen there, on the socket that systemd has given for it, if there is one. Rejects with the system's error. */
export async function listenOn(
  app: ListeningApp,
  place: SocketPlace,
  given: Pick<GivenSockets, 'take'>,
): Promise<void> {
  const fd = given.take(place);
  await app.listen({ host: place.address, ...(fd === null ? { port: place.port } : { fd }) });
}
