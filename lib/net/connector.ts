import type { Socket } from 'node:net';
import type { buildConnector as BuildConnector } from 'undici';
import { buildConnector } from './undici.ts';

/** How a dispatcher connects. */
export interface Connector {
  readonly connect: BuildConnector.connector;
  /**
   * Ends the attempts that have not come to anything. undici leaves them to their time-out, also when it is
   * destroyed, and a process cannot end before.
   */
  readonly giveUp: () => void;
}

/** @param pinnedTo connects to this address whatever host the URL names */
export function createConnector(options: BuildConnector.BuildOptions, pinnedTo?: string): Connector {
  // Its type does not say that it returns the socket as well.
  const connect = buildConnector(options) as (...given: Parameters<BuildConnector.connector>) => Socket;
  const attempts = new Set<Socket>();
  return {
    connect: (endpoint, callback) => {
      const hostname = pinnedTo ?? endpoint.hostname;
      const socket = connect({ ...endpoint, hostname }, (...result: BuildConnector.CallbackArgs) => {
        attempts.delete(socket);
        callback(...result);
      });
      attempts.add(socket);
    },
    giveUp: () => {
      for (const socket of attempts) socket.destroy();
    },
  };
}
