import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import type { Look } from '../../../lib/cluster/answering.ts';

/** A cluster's configuration in the directory. */
export async function clusterIn(directory: string): Promise<NodeJS.ProcessEnv> {
  const file = join(directory, 'config.yaml');
  const lines = [
    ...['self: web1', 'nodes:', '  web1: 127.0.0.1', '  web2: 127.0.0.2', 'vips: []', 'transport: shared'],
    ...[`stateDir: ${directory}/state`, 'certificates:', `  configDir: ${directory}/letsencrypt`],
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  return { CERTBOT_HA_CONFIG: file };
}

/** Whoever asks a dead mount never hears. */
export const deadAt =
  (place: string): Look =>
  async (path) =>
    await (path === place ? new Promise<never>(() => undefined) : Promise.resolve(null));

/** How it ends, ten seconds later. */
export async function tenSecondsLater(run: () => Promise<unknown>): Promise<unknown> {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const settled = run().catch((error: unknown) => error);
  await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0));
  await vi.advanceTimersByTimeAsync(10_000);
  return await settled;
}
