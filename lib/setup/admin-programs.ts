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
  const run = async (argv: readonly string[], timeoutMs: number) =>
    await runCommand(argv, { ...options, timeoutMs });
  return {
    ask: async (argv) => await run(argv, LIMITS.reloadMs),
    tell: async (argv) => successOf(argv, await run(argv, LIMITS.adminMs)),
  };
}

/** What it wrote; null where there is no such program. @throws {CertbotHaError} `failed` where it did not end with 0 */
export async function answerOf(argv: readonly string[], { ask }: Programs): Promise<string | null> {
  const result = await ask(argv);
  return result.trouble?.code === 'program-not-installed' ? null : successOf(argv, result);
}

/** Where those are that a host with SELinux may lack. */
const PACKAGES: Readonly<Record<string, string>> = {
  checkmodule: 'checkpolicy',
  semodule_package: 'policycoreutils (Debian: semodule-utils)',
  semodule: 'policycoreutils',
  restorecon: 'policycoreutils',
};

/** What it wrote. @throws {CertbotHaError} `failed` where it did not end with 0, with the package where it is not installed */
export function successOf(argv: readonly string[], result: CommandResult): string {
  if (result.code === 0) return result.stdout;
  const found = { code: 'set-up-command-failed', ...endOf(argv, result) } as const;
  const name = result.trouble?.code === 'program-not-installed' ? PACKAGES[argv[0] ?? ''] : undefined;
  const isRoot = process.getuid?.() === 0;
  const hint = name !== undefined ? `install the package ${name}` : isRoot ? undefined : 'run this as root';
  throw new CertbotHaError('failed', found, hint === undefined ? {} : { hint });
}
