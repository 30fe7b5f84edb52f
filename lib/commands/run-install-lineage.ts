import { dirname, join } from 'node:path';
import { howInboxIsMade } from '../inbox/how-made.ts';
import { inboxDirectory, MARKERS } from '../inbox/layout.ts';
import { makeSharedInbox } from '../inbox/shared.ts';
import { hasStaged } from '../inbox/staged.ts';
import { lineageAbilitiesOf } from '../cluster/abilities.ts';
import { LOOK, unlessHangs, type Look } from '../cluster/answering.ts';
import { loadCluster } from '../cluster/load.ts';
import { CertbotHaError } from '../base/errors.ts';
import { pausing } from '../base/waiting.ts';
import { exists } from '../system/read-file.ts';
import { processInbox } from '../installer/install-all.ts';
import type { InstallReport } from '../installer/ending.ts';
import { tellDamage } from '../state/damage.ts';
import type { NewEvent } from '../state/event.ts';
import { eventsFor } from '../state/events-for.ts';
import { isInstalled } from '../state/results.ts';
import { openState } from '../state/state.ts';
import { stayInstalling } from '../installer/watch.ts';
import { within } from '../system/deadline.ts';
import { webServersOf } from '../webserver/for-lineage.ts';
import { ownHooks } from './own-hooks.ts';
import type { CommandIo } from '../base/io.ts';

export interface InstallLineageOptions {
  /** stay, and install whatever comes: where no systemd does the watching */
  readonly watch?: boolean | undefined;
  /** seconds to stay at most for what is staged and not activated yet, so that its activation finds the installer started; default 0 */
  readonly wait?: number | undefined;
}

/** `certbot-ha install-lineage`: installs what has been activated in the inbox. 0 when nothing was refused. */
export async function runInstallLineage(
  io: CommandIo,
  { watch = false, wait = 0 }: InstallLineageOptions,
  look: Look = LOOK,
): Promise<0 | 1> {
  const cluster = await loadCluster(io.env, look);
  const inbox = inboxDirectory(cluster);
  await unlessHangs([inbox], look);
  const markers = join(inbox, MARKERS);
  const state = openState(cluster.config, tellDamage(io.err));
  const isPolled = lineageAbilitiesOf(cluster.config).inbox === 'shared';
  // Where it does not stay, a signal ends it at once.
  const signal = watch ? io.interruption() : null;
  const events = eventsFor(cluster, 'installer');
  let isGood = true;
  const run = async () => {
    let startedMs = performance.now();
    return await processInbox(
      cluster,
      {
        state,
        webServerFor: webServersOf(cluster, { env: io.env }),
        // Imported late: hardly ever is one deleted.
        usesFor: async (lineage) => (await import('../removal/uses.ts')).usesOf(cluster, lineage, io.env),
        hooks: ownHooks(cluster.config.file, io.env),
        now: () => new Date(),
        isStartedAgain: wait > 0,
        // What it waits for others is no part of an installation.
        onRound: () => {
          startedMs = performance.now();
        },
        look,
        ...(signal && { signal }),
      },
      (result) => {
        isGood &&= isInstalled(result.state);
        report(io, result);
        void events.write(...eventsOf(result, performance.now() - startedMs)); // this process does not end before
      },
    );
  };
  if (signal !== null) {
    if (isPolled) await makeSharedInbox(inbox);
    await requireMarkers(markers);
    // It waits for nothing that would ever be over.
    const isExpecting = async () => true;
    await pausing(io, async () => await stayInstalling({ markers, isPolled, run, isExpecting, signal }));
    return 0;
  }
  if (wait > 0 && (await exists(markers))) {
    const over = within(io.interruption(), wait * 1000);
    const isExpecting = async () => await hasStaged(inbox, wait * 1000, Date.now());
    await stayInstalling({ markers, isPolled, run, isExpecting, signal: over });
  } else await run();
  return isGood ? 0 : 1;
}

async function requireMarkers(markers: string): Promise<void> {
  if (await exists(markers)) return;
  const hint = howInboxIsMade(dirname(markers));
  throw new CertbotHaError('config', { code: 'inbox-not-watchable', directory: markers }, { hint });
}

function report(io: CommandIo, result: InstallReport): void {
  const { state, lineage, id, messages } = result;
  const say = isInstalled(result.state) ? io.out : io.err;
  say(`${lineage ?? 'a bundle'} (${id?.slice(0, 12) ?? 'no id'}): ${state}`);
  for (const message of messages) say(`  ${message}`);
}

/** What is there already is none, nor is a deletion that is only to be told of. */
function eventsOf({ state, lineage, findings }: InstallReport, ms: number): readonly NewEvent[] {
  if (state === 'unchanged') return [];
  const outcome = isInstalled(state) ? 'ok' : (findings[0]?.code ?? 'installer-failed');
  const event = state === 'deleted' ? 'deletion' : 'installation';
  return [{ event, ...(lineage !== null && { lineage }), ms, outcome }];
}
