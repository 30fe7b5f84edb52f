import type { Outcome } from '../base/outcome.ts';
import { OK } from '../base/outcome.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { settingsOf } from '../cluster/lineage-settings.ts';
import type { Finding } from '../findings/register.ts';
import { shownHere } from '../gate/shown-here.ts';
import { webServerFor } from '../webserver/for-lineage.ts';
import { createWebServer } from '../webserver/web-server.ts';
import { atMost, type TimeLimit } from '../system/time-limit.ts';
import { LIMITS } from '../system/limits.ts';
import type { Whole } from './aside.ts';

/** What tells whether this node can do without a lineage. */
export interface Uses {
  /** What can be seen of its use as it is; changes nothing, and nothing seen is no proof. */
  seen(whole: Whole, limit?: TimeLimit): Promise<readonly Finding[]>;
  /** a test is there to run */
  readonly hasTest: boolean;
  /** Whether all goes well as the files lie now. */
  test(limit?: TimeLimit): Promise<Outcome>;
}

/** The lineage's own test, and the web server's always: its configuration may name any lineage. */
export function usesOf(cluster: Cluster, lineage: string, env: NodeJS.ProcessEnv): Uses {
  const webServer = createWebServer(cluster.config.webServer, { env });
  // Without a test of its own it has the web server's: run twice, that would have half the time for each.
  const hasOwn = settingsOf(cluster.config, lineage).test !== null;
  const servers = hasOwn ? [webServerFor(cluster, lineage, { env }), webServer] : [webServer];
  return {
    seen: async ({ live, archive }, limit) => {
      const shown = await shownHere(cluster, lineage);
      if (shown !== null) return [shown];
      for (const server of servers)
        if (await server.isNaming(archive === null ? [live] : [live, archive], limit))
          return [{ code: 'lineage-in-use', lineage }];
      return [];
    },
    hasTest: servers.some(({ hasTest }) => hasTest),
    test: async (limit) => {
      const own = atMost(LIMITS.testMs, limit);
      for (const server of servers) {
        const tested = await server.test(own);
        if (!tested.isOk) return tested;
      }
      return OK;
    },
  };
}
