import type { Cluster } from '../cluster/cluster.ts';
import { settingsOf } from '../cluster/lineage-settings.ts';
import { heldHere } from '../cluster/vips.ts';
import { createWebServer, type WebServer, type WebServerOptions } from './web-server.ts';

/** What serves each lineage on this node: one and the same for all that are tested and reloaded alike. */
export function webServersOf(
  cluster: Pick<Cluster, 'config'>,
  options: Pick<WebServerOptions, 'env' | 'hasSystemd'>,
): (lineage: string) => WebServer {
  const known = new Map<string, WebServer>();
  return (lineage) => {
    const { test, reload, runsOn } = settingsOf(cluster.config, lineage);
    const key = JSON.stringify([test, reload, runsOn]);
    const webServer = known.get(key) ?? webServerFor(cluster, lineage, options);
    known.set(key, webServer);
    return webServer;
  };
}

/** What serves a lineage on this node: the web server, or what certificates.lineages names in its place. */
export function webServerFor(
  cluster: Pick<Cluster, 'config'>,
  lineage: string,
  options: Pick<WebServerOptions, 'env' | 'hasSystemd'>,
): WebServer {
  const { config } = cluster;
  const { test, reload, runsOn } = settingsOf(config, lineage);
  // Asked each time: the VIP may move while an installer runs.
  const isElsewhere = () => runsOn === 'holder' && heldHere(cluster).length === 0;
  return createWebServer(config.webServer, { ...options, own: { test, reload }, isElsewhere });
}
