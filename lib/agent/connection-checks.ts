import type { Server } from 'node:http';

/** As long as a timer can take: 24 days. */
const NEVER_MS = 2_147_483_647;

/** What Node.js calls when a server listens, to look at its connections from then on. */
const BY_NODE = 'setupConnectionsTracking';

/**
 * Node.js looks at a server's connections once an interval, for those that take too long over a request, whether there are any or
 * not. With this it does so while there are some: an agent that is asked nothing sleeps. A Node.js that does it in another way goes
 * on as it does.
 */
export function checkWhileConnected(server: Server): void {
  const track = server.listeners('listening').find(({ name }) => name === BY_NODE);
  const timing = server as Server & { connectionsCheckingInterval?: number };
  const { connectionsCheckingInterval: intervalMs } = timing;
  if (track === undefined || intervalMs === undefined) return;
  let open = 0;
  const begin = () => {
    if (!server.listening) return;
    timing.connectionsCheckingInterval = open > 0 ? intervalMs : NEVER_MS;
    track.call(server);
  };
  server.on('listening', begin);
  server.on('connection', (socket) => {
    open += 1;
    if (open === 1) begin();
    socket.once('close', () => {
      open -= 1;
      if (open === 0) begin();
    });
  });
}
