import { existsSync } from 'node:fs';
import {
  accountsDirectory,
  archiveDirectory,
  liveDirectory,
  renewalDirectory,
} from '../certbot/config-dir.ts';
import { LIMITS } from '../system/limits.ts';
import { runCommand } from '../system/run-command.ts';
import { SELINUX_ENFORCE } from '../system/selinux.ts';

/** Where SELinux is on, gives what was written the label that the policy has for its place. */
export async function restoreContext(configDir: string, selinux: string = SELINUX_ENFORCE): Promise<void> {
  if (!existsSync(selinux)) return;
  const parts = [archiveDirectory, liveDirectory, renewalDirectory, accountsDirectory].map((of) =>
    of(configDir),
  );
  // A label that cannot be set shows in the web server's test, with its own words.
  await runCommand(['restorecon', '-RF', '--', ...parts], { timeoutMs: LIMITS.labelsMs });
}
