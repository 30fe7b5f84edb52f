import { setTimeout as sleep } from 'node:timers/promises';
import { createLogUpdate } from 'log-update';
import { lastEvents } from '../agent/page/last-events.ts';
import type { Snapshot, Survey } from '../agent/page/snapshot.ts';
import { expectedFindings } from '../base/expected.ts';
import type { CommandIo } from '../base/io.ts';
import { VERSION } from '../base/version.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { seeDoctorRun } from '../state/doctor-run.ts';
import type { OnDamage } from '../state/json-file.ts';
import type { ClusterStatus } from '../status/nodes.ts';
import { inTurn } from '../system/in-turn.ts';
import { wordsOf } from '../findings/words.ts';
import { nodeTable } from './status-lines.ts';
import { watchLines, type Room } from './watch-lines.ts';

const PAUSE_MS = 2_000;
const DEFAULT_ROOM = { columns: 80, rows: 24 };

interface Shown {
  readonly cluster: Cluster;
  readonly onDamage: OnDamage;
  /** ends it, also while the nodes are asked */
  readonly signal: AbortSignal;
  readonly look: () => Promise<Looked>;
}

interface Looked {
  readonly seen: ClusterStatus;
  /** the same for programs */
  readonly document: Survey;
}

/**
 * `certbot-ha status --watch`: what the status page shows, over and over again. What a look fails with is shown, and
 * the next one follows. 0 when at its end all nodes had answered and everything was seen, or nobody reads it.
 */
export async function keepShowing(io: CommandIo, { cluster, onDamage, signal, look }: Shown): Promise<0 | 1> {
  const screen = io.isTerminal ? createLogUpdate(process.stdout) : null;
  const { stateDir } = cluster.config;
  const turn = inTurn(stateDir, { atOnce: 2 });
  screen?.('asking the nodes …');
  let last: Looked | null = null;
  let isGood = false;
  for (let isFirst = true; ; isFirst = false) {
    const looked = await look().catch((error: unknown) => (signal.aborted ? null : troubleOf(error)));
    // What was seen until then is a part, which would look like a change.
    if (looked === null || signal.aborted) break;
    const trouble = typeof looked === 'string' ? looked : null;
    if (typeof looked !== 'string') last = looked;
    isGood = last !== null && trouble === null && isWhole(last.seen) && !last.document.isCutOff;
    const snapshot: Snapshot = {
      node: cluster.self.name,
      version: VERSION,
      survey: last && last.document,
      trouble,
      isLooking: false,
      events: await lastEvents(stateDir, turn),
      doctor: await seeDoctorRun(stateDir, onDamage, turn),
      nowMs: Date.now(),
    };
    const lines = watchLines(
      snapshot,
      last ? nodeTable(last.seen.nodes) : [],
      screen && roomOf(process.stdout),
    );
    if (screen) screen(lines.join('\n'));
    // An empty line between what is seen at one time and at the next.
    else for (const line of isFirst ? lines : ['', ...lines]) io.out(line);
    const isOver = await sleep(PAUSE_MS, false, { signal }).catch(() => true); // only the signal ends it
    if (isOver) break;
  }
  screen?.done();
  return io.unread?.aborted || isGood ? 0 : 1;
}

/** The next look may be better. @throws what is a bug */
function troubleOf(error: unknown): string {
  return wordsOf(expectedFindings(error)[0]);
}

/** Whether every node that is not drained has answered all that it was asked. */
export function isWhole({ nodes }: ClusterStatus): boolean {
  return nodes.every(({ reason, isDrained }) => isDrained || reason === null);
}

/** The last column would take the cursor to the next line on some terminals, and the last line is the cursor's. */
function roomOf({ columns, rows }: { readonly columns?: number; readonly rows?: number }): Room {
  return { columns: (columns || DEFAULT_ROOM.columns) - 1, rows: (rows || DEFAULT_ROOM.rows) - 1 };
}
