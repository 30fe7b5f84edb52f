import type { Lab } from '../lab.ts';
import { readAccesses } from './access-log.ts';
import { drill } from './drill.ts';
import { issue } from './issue.ts';
import { getReady, open } from './open.ts';
import { proveCertificate, proveCleanUp, proveMove } from './proof.ts';
import { renewEverywhere } from './renew.ts';
import { reportDurations, reportServed } from './report.ts';
import { inSeconds, type Screen } from './screen.ts';
import type { Stage } from './stage.ts';
import { startStopwatch, type Stopwatch } from './stopwatch.ts';
import { takeOver } from './takeover.ts';

const NAMES = ['www.example.test', 'api.example.test', 'mail.example.test'] as const;

/** The whole demo. Throws when anything it says is not so; the lab is closed in any case. */
export async function show(screen: Screen, signal: AbortSignal): Promise<void> {
  screen.title('certbot-ha: a certificate for three names, on three hosts with one VIP');
  const stopwatch = startStopwatch();
  const lab = await open(screen);
  const failures: unknown[] = [];
  try {
    await play(lab, { screen, signal, stopwatch });
  } catch (error) {
    // Whatever an interruption has broken is not what went wrong.
    failures.push(signal.aborted ? signal.reason : error);
  }
  try {
    await takeDown(lab, screen);
  } catch (error) {
    failures.push(error);
  }
  if (failures.length > 1)
    throw new AggregateError(failures, 'the demo failed, and so did taking the lab down');
  if (failures.length === 1) throw failures[0];
}

async function play(
  lab: Lab,
  { screen, signal, stopwatch }: { screen: Screen; signal: AbortSignal; stopwatch: Stopwatch },
): Promise<void> {
  signal.throwIfAborted();
  const cast = await getReady(lab, screen);
  stopwatch.lap('boot');
  await playOn({ lab, screen, signal, stopwatch, names: NAMES, cast });
}

async function playOn(stage: Stage): Promise<void> {
  const { lab, screen, stopwatch } = stage;
  await drill(stage);
  stopwatch.lap('drill');
  const sinceMs = await issue(stage);
  await proveCertificate(stage);
  await proveCleanUp(stage);
  const accesses = await readAccesses(lab, sinceMs);
  proveMove(stage, accesses);
  stopwatch.lap('a look at what is left');
  reportServed(stage, accesses);
  if (lab.kind === 'booted') {
    await renewEverywhere(stage);
    await takeOver(stage);
  } else {
    const why = 'nodes that share one machine cannot share the path of their lineages';
    screen.event('lab', `skipped: delivery, a renewal in order, and a takeover: ${why}`, 'notable');
  }
  reportDurations(stage);
}

async function takeDown(lab: Lab, screen: Screen): Promise<void> {
  const startedMs = screen.elapsedMs();
  await lab.close();
  const what = lab.kind === 'booted' ? 'Hosts, networks and files' : 'Processes and files';
  screen.heading(`${what} are gone again (${inSeconds(screen.elapsedMs() - startedMs)}).`);
}
