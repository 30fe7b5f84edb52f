import type { Server } from 'node:http';
import type { KeyRing } from './key-ring.ts';

/**
 * From the call on, another server gets the requests that come to one that listens: the connections stay, and what is being answered is
 * answered to its end. A connection that was opened with a key that does not hold any more is cut off when it asks something.
 * @param ring null: no connection has a key
 */
export function handOver(from: Server, to: Server, ring: Pick<KeyRing, 'admits'> | null): void {
  from.removeAllListeners('request');
  from.on('request', (request, response) => {
    if (ring?.admits(request.socket) === false) request.socket.destroy();
    else to.emit('request', request, response);
  });
}
