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

/** Where a connection goes in place of what the URL says. */
export interface Pin {
  readonly address: string;
  /** the port to connect to, by the URL's */
  readonly portOf?: (port: number) => number;
  /** called when something there has accepted a connection */
  readonly onConnect?: () => void;
}

/** @param pin connects there whatever host the URL names */
export function createConnector(options: BuildConnector.BuildOptions, pin?: Pin): Connector {
  // Its type does not say that it returns the socket as well.
  const connect = buildConnector(options) as (...given: Parameters<BuildConnector.connector>) => Socket;
  const attempts = new Set<Socket>();
  return {
    connect: (endpoint, callback) => {
      const socket = connect(
        { ...endpoint, ...pinned(endpoint, pin) },
        (...result: BuildConnector.CallbackArgs) => {
          attempts.delete(socket);
          callback(...result);
        },
      );
      attempts.add(socket);
      if (pin?.onConnect) socket.once('connect', pin.onConnect);
    },
    giveUp: () => {
      for (const socket of attempts) socket.destroy();
    },
  };
}

function pinned({ hostname, protocol, port }: BuildConnector.Options, pin: Pin | undefined) {
  if (pin === undefined) return { hostname };
  const asked = Number(port || (protocol === 'https:' ? 443 : 80));
  return { hostname: pin.address, port: String(pin.portOf?.(asked) ?? asked) };
}
