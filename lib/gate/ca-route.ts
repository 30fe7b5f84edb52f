import type { Dispatcher } from 'undici';
import type { Target } from '../cluster/target.ts';
import { createConnector, type Connector, type Pin } from '../net/connector.ts';
import { Agent } from '../net/undici.ts';

/** How the requests of one look reach what they ask for. */
export interface Routes {
  readonly to: (url: URL) => Dispatcher;
  /** Ends what is still under way. */
  readonly close: () => Promise<void>;
}

export interface RouteOptions {
  readonly target: Target;
  /** the host of the first URL: the target stands for it */
  readonly host: string;
  /** for a connection, and for the headers and the body of an answer */
  readonly timeoutMs: { readonly connect: number; readonly answer: number };
  /** called as soon as the target has accepted a connection */
  readonly onContact?: (() => void) | undefined;
}

export function createRoutes({ target, host, timeoutMs, onContact }: RouteOptions): Routes {
  // Where a redirect leads to https, the CA does not verify the certificate either.
  const tls = { rejectUnauthorized: false, ca: [], timeout: timeoutMs.connect };
  // pipelining 0 asks for a connection of its own for every request, as the CA makes one.
  const limits = { headersTimeout: timeoutMs.answer, bodyTimeout: timeoutMs.answer, pipelining: 0 };
  const opened: { readonly agent: Agent; readonly connector: Connector }[] = [];
  const agentTo = (pin?: Pin): Agent => {
    const connector = createConnector(tls, pin);
    const agent = new Agent({ ...limits, connect: connector.connect });
    opened.push({ agent, connector });
    return agent;
  };

  const pinned = agentTo({
    address: target.address,
    portOf: (port) => ({ 80: target.httpPort, 443: target.httpsPort })[port] ?? port,
    ...(onContact && { onConnect: onContact }),
  });
  return {
    to: ({ hostname }) => (hostname === host ? pinned : agentTo()),
    close: async () => {
      await Promise.all(opened.map(async ({ agent }) => await agent.destroy()));
      for (const { connector } of opened) connector.giveUp();
    },
  };
}
