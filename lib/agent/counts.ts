import type { Webroot } from '../challenge/webroot.ts';

/** What the agent counts by itself, from its start. */
export interface AgentCounts {
  tokensExpired: number;
  /** that it could not write */
  eventsLost: number;
}

/** The webroot, which counts besides what it removes for its age. */
export function counting(webroot: Webroot, counts: Pick<AgentCounts, 'tokensExpired'>): Webroot {
  return {
    ...webroot,
    async expire(...given) {
      const tokens = await webroot.expire(...given);
      counts.tokensExpired += tokens.length;
      return tokens;
    },
  };
}
