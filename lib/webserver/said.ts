import type { Finding } from '../findings/register.ts';

/** The web server's own lines, where its test has failed. */
export function saidIn(finding: Finding): readonly string[] {
  return finding.code === 'web-server-test-failed' ? finding.said : [];
}

/** Whether they name a file below one of these directories. */
export function isSaidOf(finding: Finding, directories: readonly string[]): boolean {
  return saidIn(finding).some((line) => directories.some((directory) => line.includes(`${directory}/`)));
}
