import { CertbotHaError } from '../base/errors.ts';
import type { Finding } from '../findings/register.ts';
import { endOf } from '../system/ended.ts';
import { runCommand } from '../system/run-command.ts';
import type { NodeSteps } from './node-steps.ts';

/** Starting waits for an agent that begins; a web server is tested twice and reloaded. */
const TIMEOUT_MS = 180_000;

interface StartOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly out: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Runs the commands that would otherwise be typed, and says each when it is done, with what it has said. One that fails keeps no other
 * from being run.
 * @throws {CertbotHaError} `failed`, with all that have failed, at the end
 */
export async function startNode(steps: NodeSteps, { env, out, signal }: StartOptions): Promise<void> {
  const failed: Finding[] = [];
  for (const lines of allOf(steps)) {
    const script = lines.join('\n');
    const ended = await runCommand(['/bin/sh', '-euc', script], { env, signal, timeoutMs: TIMEOUT_MS });
    if (ended.code === 0) {
      for (const line of lines) out(`done: ${line.trimStart()}`);
      for (const line of ended.stdout.split('\n').filter(Boolean)) out(`  ${line}`);
    } else failed.push({ code: 'set-up-command-failed', ...endOf(lines, ended) });
  }
  if (failed.length === 0) return;
  const hint = 'everything else is done; the same command with --start tries these again';
  throw new CertbotHaError('failed', failed, { hint });
}

/** Says what `startNode` would run. */
export function sayCommands(steps: NodeSteps, out: (line: string) => void): void {
  for (const line of allOf(steps).flat()) out(`would run ${line.trimStart()}`);
}

function allOf({ own, commands }: NodeSteps): NodeSteps['commands'] {
  return own.length === 0 ? commands : [own, ...commands];
}
