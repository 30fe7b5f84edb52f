import type { Config } from '../cluster/config.ts';
import { isProbed, type Target } from '../cluster/target.ts';
import { GRACE_MS } from '../gate/policy.ts';
import { isUntold, type TargetReport, type Verdict } from '../gate/verdict.ts';
import { isMute, isSilence, waitedShortly } from '../net/network-error.ts';
import { NOTED_AFTER_MS, silentWebServer, type SilentNodes } from '../state/silent-nodes.ts';

/**
 * Says of each peer whether nothing has answered there a moment ago: a gate that can do without it waits for it no longer than it
 * takes to see that it is back. Where `all` have to serve, nobody is left out, and each is asked until the time is over. One that is
 * not probed is known by its agent alone.
 */
export async function giveShortChances(
  targets: readonly Target[],
  silent: SilentNodes,
  { require }: Pick<Config['gate'], 'require'>,
): Promise<readonly Target[]> {
  if (require === 'all') return targets;
  return await Promise.all(
    targets.map(async (target) => {
      if (!isPeer(target)) return target;
      const places = isProbed(target) ? [target.address, silentWebServer(target)] : [target.address];
      const times = await Promise.all(places.map(silent.silentAt));
      const known = times.filter((atMs) => atMs !== null);
      return known.length === 0 ? target : { ...target, silentAtMs: Math.max(...known) };
    }),
  );
}

/** Notes which peers have answered a gate, and says of those that it has not waited for since when they are silent. */
export async function noteSilence(
  verdict: Verdict,
  silent: SilentNodes,
  signal: AbortSignal,
): Promise<Verdict> {
  // Whoever is cut off has not had its time.
  if (signal.aborted) return verdict;
  for (const report of verdict.targets) {
    const { target, elapsedMs } = report;
    if (!isPeer(target) || !isProbed(target)) continue;
    if (!isUnanswered(report)) silent.saw(silentWebServer(target), false);
    else if (target.silentAtMs === undefined && Math.max(elapsedMs, verdict.elapsedMs) > NOTED_AFTER_MS)
      silent.saw(silentWebServer(target), true);
  }
  await silent.save();
  return { ...verdict, targets: verdict.targets.map((report) => told(report, verdict)) };
}

/** A VIP is required, whatever was seen there before: whoever holds it now is another one. */
function isPeer({ kind, isSelf }: Target): boolean {
  return kind === 'node' && !isSelf;
}

/** Whether nothing has come from there, not even that a connection is refused. */
function isUnanswered(report: TargetReport): boolean {
  const { state, reason, hasContact = false } = report;
  if (hasContact || (state !== 'silent' && state !== 'waiting')) return false;
  return isUntold(report) || (reason !== null && isMute(reason.code));
}

/** One that the gate has waited for as long as for others has its own reason, and so has one that it does not look at: why its push has failed. */
function told(report: TargetReport, { elapsedMs }: Verdict): TargetReport {
  const { target, unsent } = report;
  const { silentAtMs, httpPort: port } = target;
  if (silentAtMs === undefined || elapsedMs >= GRACE_MS || !isProbed(target)) return report;
  if (!isUnanswered(report)) return report;
  const reason = waitedShortly({ who: 'node', port, atMs: silentAtMs, ms: elapsedMs });
  // That nothing could be sent to where nobody is says no more.
  const isMore = unsent !== null && unsent.code !== 'agent-silent' && !isSilence(unsent.code);
  return { ...report, reason, unsent: isMore ? unsent : null };
}
