import { CertbotHaError } from '../base/errors.ts';
import { runCommand } from '../system/run-command.ts';
import { runLimits, type TimeLimit } from '../system/time-limit.ts';

/**
 * Copies a file or directory by cp(1), which keeps owners, groups and labels; the backups may be on another filesystem.
 * @param directory of the backups, for the words
 * @throws {CertbotHaError} `failed`, `backup-not-made`: what is there of the copy is not all
 */
export async function copyTree(
  source: string,
  to: string,
  { directory, limit }: { readonly directory: string; readonly limit: TimeLimit },
): Promise<void> {
  const { code, stderr } = await runCommand(['cp', '-a', '-T', '--', source, to], runLimits(limit));
  if (code === 0) return;
  const said = stderr.split('\n').filter(Boolean);
  throw new CertbotHaError('failed', { code: 'backup-not-made', directory, said });
}
