import { spawn, type ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import { lineOf } from '../findings/words.ts';
import type { ProcessId } from '../system/processes.ts';

/** Ends certbot where the hook that started it dies without a word: of SIGKILL, of a lack of memory, of a bug. */
export interface Guard {
  /** The hook has come to its end. */
  readonly dismiss: () => void;
}

/**
 * A shell, as it costs a millisecond where another Node.js would cost forty. Its text is fixed, and all values are
 * arguments. `read` fails when the hook is gone, and with it the other end of the pipe. The start time (proc(5), field
 * 22, counted behind the command's parentheses) tells certbot from a later process with the same number.
 */
const SCRIPT = `
trap '' INT TERM HUP
read -r word && [ "$word" = over ] && exit 0
pid=$1 started=$2 message=$3
read -r stat <"/proc/$pid/stat" || exit 0
set -- \${stat##*) }
[ "\${20}" = "$started" ] || exit 0
kill -TERM "$pid"
{ printf '%s\\n' "$message" >>"/proc/$pid/fd/2"; } 2>/dev/null || printf '%s\\n' "$message" | logger -t certbot-ha -p user.err
`;

/** Inherits stderr, a pipe that certbot reads to its end: so certbot does not go on before the guard is gone. */
export function startGuard({ pid, startTime }: ProcessId): Guard | null {
  const lines = [lineOf({ code: 'auth-hook-died' }), lineOf({ code: 'certbot-ended-by-hook', pid })];
  const message = lines.map((line) => `certbot-ha: ${line}`).join('\n');
  const child = spawned(['-c', SCRIPT, 'certbot-ha-guard', String(pid), startTime, message]);
  if (child === null) return null;
  child.on('error', () => undefined);
  // None where descriptors are short, whatever the type says.
  const stdin: Writable | null | undefined = child.stdin;
  stdin?.on('error', () => undefined); // it may have been killed
  child.unref();
  return { dismiss: () => stdin?.end('over\n') };
}

/** Null without memory to spare: the hook goes on unguarded. Without a process or a descriptor to spare, `error` tells. */
function spawned(argv: readonly string[]): ChildProcess | null {
  try {
    return spawn('/bin/sh', argv, { stdio: ['pipe', 'ignore', 'inherit'] });
  } catch {
    return null;
  }
}
