import { CertbotHaError } from '../base/errors.ts';
import type { RunProgram } from '../certbot/units-shown.ts';
import { endOf } from '../system/ended.ts';
import { GO_ON, todo, type Plan } from './step.ts';

/** Starting waits for an agent that begins, stopping for an installer that comes to its end. */
const TIMEOUT_MS = 180_000;

/** Runs a program. */
export function running(argv: readonly string[], run: RunProgram, hint = GO_ON): Plan {
  const command = argv.join(' ');
  return todo(`run ${command}`, command, async () => {
    const ended = await run(argv, { timeoutMs: TIMEOUT_MS });
    if (ended.code === 0) return;
    throw new CertbotHaError('failed', { code: 'set-up-command-failed', ...endOf(argv, ended) }, { hint });
  });
}
