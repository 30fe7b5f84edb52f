import type { Dispatcher } from 'undici';
import { createConnector } from './connector.ts';
import { createNameLookup } from './socket-lookup.ts';
import { Agent } from './undici.ts';

/** How requests get to one server of another program's, by its name or address. */
export interface Caller {
  readonly dispatcher: Dispatcher;
  /** Ends what is open, and what has not come to anything; no request may follow. */
  readonly close: () => Promise<void>;
}

export interface CallerOptions {
  /** milliseconds for a connection, and for the look-up of a name */
  readonly connectMs: number;
  /** side by side */
  readonly connections: number;
  /** whether its certificate has to be a trusted one; default true */
  readonly isVerified?: boolean;
}

export function createCaller({ connectMs, connections, isVerified = true }: CallerOptions): Caller {
  const names = createNameLookup(connectMs);
  const connector = createConnector({
    // Said in so many words, so that no NODE_TLS_REJECT_UNAUTHORIZED in the environment takes it back.
    rejectUnauthorized: isVerified,
    lookup: names.lookup,
    timeout: connectMs,
  });
  const dispatcher = new Agent({ connect: connector.connect, connections });
  return {
    dispatcher,
    close: async () => {
      await dispatcher.destroy();
      for (const { giveUp } of [connector, names]) giveUp();
    },
  };
}
