import { isIP, type Socket } from 'node:net';
import type { buildConnector as BuildConnector } from 'undici';
import { parseWithoutTierUp } from './http-parser.ts';
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
  /** what is sent before all else, TLS too */
  readonly greeting?: (socket: Socket) => string;
  /** called when something there has accepted a connection */
  readonly onConnect?: () => void;
}

/** That something there accepts a connection. */
export interface Acceptance {
  /** ends with ETIMEDOUT where nobody does in that many milliseconds; absent: what undici allows for all of it */
  readonly withinMs?: number;
  /** ends with ETIMEDOUT where TLS is not agreed on in that many milliseconds from then on; absent: as above */
  readonly agreedWithinMs?: number;
  /** called as soon as somebody has, whatever becomes of TLS. @param hostname as the socket calls it */
  readonly onAccepted?: (hostname: string) => void;
}

type Connect = (...given: Parameters<BuildConnector.connector>) => Socket;

/** @param pin connects there whatever host the URL names */
export function createConnector(
  options: BuildConnector.BuildOptions,
  pin?: Pin,
  { withinMs, agreedWithinMs, onAccepted }: Acceptance = {},
): Connector {
  // Its type does not say that it returns the socket as well.
  const build = buildConnector(options) as Connect;
  const attempts = new Set<Socket>();
  const connect: Connect = (endpoint, callback) => {
    const socket = build(endpoint, (...result: BuildConnector.CallbackArgs) => {
      attempts.delete(socket);
      parseWithoutTierUp();
      callback(...result);
    });
    attempts.add(socket);
    if (withinMs !== undefined) giveUpAfter(withinMs, socket, endpoint);
    if (agreedWithinMs !== undefined) {
      const isOpen = () => attempts.has(socket);
      socket.once('connect', () => endAfter(agreedWithinMs, socket, { isOpen, why: 'nothing was said' }));
    }
    if (onAccepted) socket.once('connect', () => onAccepted(endpoint.hostname));
    return socket;
  };
  return {
    connect: (endpoint, callback) => {
      const there = { ...endpoint, ...pinned(endpoint, pin) };
      const socket = pin?.greeting
        ? greeted(connect, there, pin.greeting, callback)
        : connect(there, callback);
      if (pin?.onConnect) socket.once('connect', pin.onConnect);
    },
    giveUp: () => {
      for (const socket of attempts) socket.destroy();
    },
  };
}

/** A name may take its time to be looked up. */
function giveUpAfter(ms: number, socket: Socket, { hostname }: BuildConnector.Options): void {
  const isOpen = () => socket.connecting;
  const begin = () => {
    const stop = endAfter(ms, socket, { isOpen, why: 'nobody has accepted a connection' });
    socket.once('connect', stop);
  };
  if (isIP(hostname) === 0) socket.once('lookup', begin);
  else begin();
}

/**
 * undici's own timers are right to a second or so. Node.js runs timers before it sees to sockets: after a time in which the
 * process could do nothing, it is seen first what has come meanwhile.
 */
function endAfter(
  ms: number,
  socket: Socket,
  { isOpen, why }: { readonly isOpen: () => boolean; readonly why: string },
): () => void {
  const end = () => {
    if (isOpen()) socket.destroy(Object.assign(new Error(why), { code: 'ETIMEDOUT' }));
  };
  const timer = setTimeout(() => setImmediate(end), ms).unref(); // a connection that is being made keeps the process
  const stop = () => clearTimeout(timer);
  socket.once('close', stop);
  return stop;
}

/** The greeting goes before the first byte of TLS. */
function greeted(
  connect: Connect,
  endpoint: BuildConnector.Options,
  greeting: (socket: Socket) => string,
  callback: BuildConnector.Callback,
): Socket {
  return connect({ ...endpoint, protocol: 'http:' }, (error, socket) => {
    if (error) return callback(error, null);
    socket.write(greeting(socket));
    if (endpoint.protocol !== 'https:') return callback(null, socket);
    connect({ ...endpoint, httpSocket: socket }, callback);
  });
}

function pinned({ hostname, protocol, port }: BuildConnector.Options, pin: Pin | undefined) {
  if (pin === undefined) return { hostname };
  const asked = Number(port || (protocol === 'https:' ? 443 : 80));
  return { hostname: pin.address, port: String(pin.portOf?.(asked) ?? asked) };
}
