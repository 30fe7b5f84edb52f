import { challengesOf, type Sharing, type Three } from '../../test/lab/sharing/system.ts';
import { median, percentile99 } from '../figure.ts';
import { putProgram } from './programs.ts';

/** From a write on one node until every other node's web server serves it, while they are asked without a pause. */
export interface Latency {
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly rounds: number;
  /** Rounds that some node did not serve in time. */
  readonly missing: number;
  /** Rounds in which a node served an empty or an incomplete file, and the longest time that one did. */
  readonly partial: number;
  readonly partialMs: number;
}

type Round = readonly { readonly ms: number | null; readonly partMs: number | null }[];

export interface LatencyOptions {
  readonly rounds: number;
  /** Default: a temporary name and a rename. */
  readonly isPlain?: boolean;
  /** A round's, default 30 000. */
  readonly timeoutMs?: number;
}

export async function measureLatency(
  nodes: Three,
  sharing: Sharing,
  { rounds, isPlain = false, timeoutMs = 30_000 }: LatencyOptions,
): Promise<Latency> {
  const [writer, ...others] = nodes;
  const program = await putProgram(writer, 'latency');
  const push = sharing.push?.(writer) ?? '';
  const given = [challengesOf(writer), String(rounds), isPlain ? 'plain' : 'rename', String(timeoutMs), push];
  const argv = [...program, ...given, ...others.map(({ address }) => address)];
  const said = await writer.check(argv, { timeoutMs: 60_000 + rounds * timeoutMs });
  return summarize(JSON.parse(said.trim().split('\n').at(-1) ?? '') as readonly Round[]);
}

function summarize(rounds: readonly Round[]): Latency {
  const last = rounds.map((round) => Math.max(...round.map(({ ms }) => ms ?? Infinity)));
  const partMs = rounds.map((round) => Math.max(...round.map(({ partMs: part }) => part ?? -1)));
  return {
    medianMs: median(last),
    p99Ms: percentile99(last),
    rounds: rounds.length,
    missing: last.filter((ms) => ms === Infinity).length,
    partial: partMs.filter((ms) => ms >= 0).length,
    partialMs: Math.max(0, ...partMs),
  };
}
