import { LIMITS } from '../system/limits.ts';
import { runCommand } from '../system/run-command.ts';

interface ListenersOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Programs that listen on TCP ports of this host, as ss(8) names them to root. None where it does not tell. */
export async function listenersOn<Port extends number>(
  ports: readonly Port[],
  { env, signal }: ListenersOptions,
): Promise<ReadonlyMap<Port, readonly string[]>> {
  const filter = ports.map((port) => `sport = :${port}`).join(' or ');
  const argv = ['ss', '-Hltnp', `( ${filter} )`];
  const { stdout } = await runCommand(argv, { timeoutMs: LIMITS.askMs, signal, env });
  const lines = stdout.split('\n');
  return new Map(ports.map((port) => [port, [...new Set(lines.flatMap((line) => programsIn(line, port)))]]));
}

/** `LISTEN 0 511 [::]:80 [::]:* users:(("nginx",pid=9284,fd=4),("nginx",pid=9283,fd=4))` */
function programsIn(line: string, port: number): readonly string[] {
  const [, , , local = ''] = line.trim().split(/\s+/);
  if (!local.endsWith(`:${port}`)) return [];
  return [...line.matchAll(/\("([^"]+)",pid=/g)].map(([, program = '']) => program);
}
