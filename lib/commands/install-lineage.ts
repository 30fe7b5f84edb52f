import { once } from 'node:events';
import { join } from 'node:path';
import { inboxDirectory, MARKERS } from '../bundle/layout.ts';
import type { Cluster } from '../config/cluster.ts';
import { loadCluster } from '../config/load-cluster.ts';
import { processInbox } from '../install/process-inbox.ts';
import type { InstallResult } from '../install/records.ts';
import { createWebServer } from '../webserver/web-server.ts';
import { hookCommands } from '../certbot/hook-commands.ts';
import type { CommandIo } from './io.ts';
import { hookFile } from './hook-file.ts';

/**
 * `certbot-ha install-lineage`: installs what has been activated in the inbox and ends; with `watch`
 * it stays and installs what comes, where no systemd does the watching. 0 when nothing was refused.
 */
export async function installLineage(
  io: CommandIo,
  { watch }: { readonly watch?: boolean | undefined },
): Promise<0 | 1> {
  const cluster = await loadCluster(io.env);
  const run = async () =>
    await processInbox(
      cluster,
      {
        webServer: createWebServer(cluster.config.webServer, { env: io.env }),
        hookCommands: hookCommands(hookFile, cluster.config.file),
        now: () => new Date(),
      },
      (result) => report(io, result),
    );
  if (watch) return await keepInstalling(cluster, run, io.interruption());
  const results = await run();
  return results.every(({ state }) => state === 'installed' || state === 'unchanged') ? 0 : 1;
}

function report(io: CommandIo, { state, lineage, id, messages }: InstallResult): void {
  const isGood = state === 'installed' || state === 'unchanged';
  const say = isGood ? io.out : io.err;
  say(`${lineage ?? 'a bundle'} (${id.slice(0, 12)}): ${state}`);
  for (const message of messages) say(`  ${message}`);
}

async function keepInstalling(
  cluster: Cluster,
  run: () => Promise<unknown>,
  signal: AbortSignal,
): Promise<0> {
  const { watch } = await import('chokidar');
  const markers = join(inboxDirectory(cluster), MARKERS);
  const watcher = watch(markers, { depth: 0, ignoreInitial: true });
  const over = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  const enqueue = () => {
    running = running.then(run);
    running.catch(() => over.abort()); // thrown again below, when the watcher is closed
  };
  watcher.on('add', enqueue);
  await once(watcher, 'ready');
  enqueue();
  const either = AbortSignal.any([signal, over.signal]);
  if (!either.aborted) await once(either, 'abort');
  await watcher.close();
  await running;
  return 0;
}
