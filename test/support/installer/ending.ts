import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { discardBundle, inboxAt } from '../../../lib/inbox/take.ts';
import { forgetResults, leaveResult } from '../../../lib/inbox/answer.ts';
import { createResults } from '../../../lib/state/outbox.ts';
import { type InstallResult } from '../../../lib/state/results.ts';
import { noDamage } from '../no-damage.ts';

/** What the installer does at its end, whatever the transport. */
export async function endInstallation(stateDir: string, inbox: string, result: InstallResult): Promise<void> {
  const owner = await lstat(inbox);
  const results = createResults(stateDir, noDamage);
  await forgetResults(inbox, owner, [result.id]);
  await results.write(result);
  await leaveResult(inbox, owner, { id: result.id, file: results.fileOf(result.id) });
  await discardBundle(inboxAt(inbox, owner, join(stateDir, 'backup')), result.id);
}
