import type { LabNode } from '../test/lab/contract.ts';
import { run } from '../test/support/programs/program.ts';

/** What a program took from its start to its end. */
export interface Cost {
  /** milliseconds that passed */
  readonly ms: number;
  /** milliseconds of CPU, with those of the programs that it has started */
  readonly cpuMs: number;
  /** megabytes of the largest of them, at its peak */
  readonly peakMb: number;
  readonly stdout: string;
}

interface CostOptions {
  readonly env: NodeJS.ProcessEnv;
  /** seconds; it is killed when they are over. Default 120 */
  readonly seconds?: number;
  /** exit codes that are none of a failure; default 0 alone */
  readonly codes?: readonly number[];
}

const SECONDS = 120;
const PROGRAM = `
import json, resource, subprocess, sys, time
seconds, *argv = sys.argv[1:]
begun = time.monotonic()
ended = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=float(seconds))
ms = (time.monotonic() - begun) * 1000
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({'code': ended.returncode, 'ms': ms, 'cpuMs': (used.ru_utime + used.ru_stime) * 1000,
  'peakMb': used.ru_maxrss / 1000, 'stdout': ended.stdout, 'stderr': ended.stderr}))
`;

/** Runs a program on a host of the lab. @throws where it fails, with what it has said */
export async function costOn(node: LabNode, argv: readonly string[]): Promise<Cost> {
  return costIn(await node.check(['python3', '-c', PROGRAM, String(SECONDS), ...argv]), argv, [0]);
}

/** Runs a program to its end. @throws where it fails, with what it has said */
export async function costOf(
  argv: readonly string[],
  { env, seconds = SECONDS, codes = [0] }: CostOptions,
): Promise<Cost> {
  const ended = await run(['python3', '-c', PROGRAM, String(seconds), ...argv], { env });
  if (ended.code !== 0) throw new Error(`${argv.join(' ')}: ${ended.stderr}`);
  return costIn(ended.stdout, argv, codes);
}

function costIn(text: string, argv: readonly string[], codes: readonly number[]): Cost {
  const { code, stderr, ...cost } = JSON.parse(text) as Cost & { code: number; stderr: string };
  if (!codes.includes(code)) throw new Error(`${argv.join(' ')}: exit ${code}\n${cost.stdout}${stderr}`);
  return cost;
}
