import { CertbotHaError } from '../base/errors.ts';
import { withAdminPath } from '../system/admin-path.ts';
import { endOf } from '../system/ended.ts';
import { LIMITS } from '../system/limits.ts';
import { runCommand, type CommandResult } from '../system/run-command.ts';

/** Programs of an administrator's, asked or told. */
export interface Programs {
  /** Resolves however it ends, and where there is no such program. */
  readonly ask: (argv: readonly string[]) => Promise<CommandResult>;
  /** @throws {CertbotHaError} `failed`, with its own words, where it does not end with 0 */
  readonly tell: (argv: readonly string[]) => Promise<string>;
}

/** More than a ruleset that blocks whole countries. */
const MAX_CHARS = 33_554_432;

export function programsOf(env: NodeJS.ProcessEnv, signal: AbortSignal): Programs {
  // Their words are read.
  const options = { env: { ...withAdminPath(env), LC_ALL: 'C' }, signal, maxChars: MAX_CHARS };
  const ask: Programs['ask'] = async (argv) =>
    await runCommand(argv, { ...options, timeoutMs: LIMITS.reloadMs });
  return { ask, tell: async (argv) => successOf(argv, await ask(argv)) };
}

/** What it wrote; null where there is no such program. @throws {CertbotHaError} `failed` where it did not end with 0 */
export async function answerOf(argv: readonly string[], { ask }: Programs): Promise<string | null> {
  const result = await ask(argv);
  return result.trouble?.code === 'program-not-installed' ? null : successOf(argv, result);
}

/** What it wrote. @throws {CertbotHaError} `failed` where it did not end with 0 */
export function successOf(argv: readonly string[], result: CommandResult): string {
  if (result.code === 0) return result.stdout;
  const found = { code: 'set-up-command-failed', ...endOf(argv, result) } as const;
  const isRoot = process.getuid?.() === 0;
  throw new CertbotHaError('failed', found, isRoot ? {} : { hint: 'run this as root' });
}
