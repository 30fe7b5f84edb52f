import { failure, OK, type Outcome } from '../base/outcome.ts';
import { runCommand } from '../system/run-command.ts';
import type { Message } from './text.ts';

/** cron and others leave out where it is as a rule. */
const SENDMAIL_PATHS = '/usr/sbin:/usr/lib';
const MAX_SAID = 3;

interface RunOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
}

/** Runs a program with the message on its stdin, and nothing of it among its arguments. It has taken it when it exits with 0. */
export async function runProgram(
  argv: readonly string[],
  input: string,
  { env, timeoutMs }: RunOptions,
): Promise<Outcome> {
  const PATH = [env['PATH'], SENDMAIL_PATHS].filter(Boolean).join(':');
  const { code, stderr, trouble } = await runCommand(argv, { input, timeoutMs, env: { ...env, PATH } });
  if (code === 0) return OK;
  if (trouble !== null) return failure(trouble);
  const said = lastLinesOf(stderr);
  return failure({ code: 'receiver-program-failed', program: argv[0] ?? '', end: code ?? 0, said });
}

/** What it says of why. curl and its like say where they have written to. */
function lastLinesOf(stderr: string): readonly string[] {
  const lines = stderr.split('\n').map((line) => line.trim());
  const said = lines.filter((line) => line !== '').slice(-MAX_SAID);
  return said.map((line) => line.slice(0, 200).replaceAll(/\b([a-z]+:\/\/)\S+/gi, '$1…'));
}

/** The whole mail, as `sendmail -t` reads it. Neither a vacation program nor a list answers to such a one (RFC 3834). */
export function mailFor(address: string, { subject, text }: Message): string {
  return [
    `To: ${address}`,
    `Subject: ${subject}`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    text,
    '',
  ].join('\n');
}
