import { join } from 'node:path';
import { createWebroot } from '../../challenge/webroot.ts';
import { abilitiesOf } from '../../cluster/abilities.ts';
import { shellWord } from '../../findings/area.ts';
import { typed } from '../../findings/step.ts';
import { inboxDirectory, MARKERS } from '../../inbox/layout.ts';
import { isInstalling } from '../../state/outbox.ts';
import { orNone, someEntriesOf, statOf } from '../../system/read-file.ts';
import { MINUTE_MS } from '../../system/spans.ts';
import { unlessHung } from '../../system/hung.ts';
import { complaint, judged, type Check, type Complaint } from '../check.ts';
import type { Context } from '../context.ts';

/** The installer begins within seconds. A web server's test may take minutes. */
const MAX_MARKER_AGE_MS = 10 * MINUTE_MS;
const MAX_COUNTED = 1_000;
const TOKEN_FILES = '.*/[A-Za-z0-9_-]{16,128}';

/** Nothing is left of what was killed or never fetched: tokens, deliveries, an installation half-way. */
export const leftOver: Check = {
  name: 'left over',
  needsWebroot: true,
  run: async (context) => {
    const { cluster, signal } = context;
    const looks = [
      [cluster.self.webroot, tokens],
      [cluster.config.stateDir, installations],
      [inboxDirectory(cluster), deliveries],
    ] as const;
    const complaints: Complaint[] = [];
    // Each may be a file system of its own, and who does not answer is named.
    for (const [place, look] of looks)
      complaints.push(...(await unlessHung(place, signal, async () => await look(context))));
    return judged(complaints, 'no token, delivery or installation');
  },
};

async function tokens({ cluster: { config, self } }: Context): Promise<readonly Complaint[]> {
  const { directory, list } = createWebroot(self.webroot);
  const stored = await orNone(list(), []);
  const old = stored.filter(({ writtenAtMs }) => Date.now() - writtenAtMs > 2 * config.agent.tokenTtlMs);
  if (old.length === 0) return [];
  // A restart removes tokens only, and none that is in use. Without an agent nobody else does.
  const minutes = Math.ceil((2 * config.agent.tokenTtlMs) / MINUTE_MS);
  const files = `find ${shellWord(`${directory}/`)} -maxdepth 1 -type f -regextype posix-extended -regex ${shellWord(TOKEN_FILES)}`;
  const next = abilitiesOf(config).hasAgents ? {} : { next: typed(`${files} -mmin +${minutes} -delete`) };
  return [complaint('warn', { code: 'tokens-forgotten', directory, count: old.length }, next)];
}

async function installations({ cluster: { config }, state }: Context): Promise<readonly Complaint[]> {
  const entries = await state.journal.list();
  if (entries.length === 0 || (await isInstalling(config.stateDir))) return [];
  const lineages = entries.map(({ lineage }) => lineage ?? 'unknown');
  return [complaint('fail', { code: 'installation-unfinished', lineages }, { config })];
}

async function deliveries({ cluster }: Context): Promise<readonly Complaint[]> {
  const directory = join(inboxDirectory(cluster), MARKERS);
  const names = await orNone(someEntriesOf(directory, MAX_COUNTED), []);
  const stats = await Promise.all(
    names.map(async (name) => await orNone(statOf(join(directory, String(name))), null)),
  );
  const count = stats.filter((stat) => stat !== null && Date.now() - stat.mtimeMs > MAX_MARKER_AGE_MS).length;
  return count === 0
    ? []
    : [complaint('fail', { code: 'delivery-not-installed', directory, count }, { config: cluster.config })];
}
