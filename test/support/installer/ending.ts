import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInbox } from '../../../lib/inbox/take.ts';
import { forgetResult, leaveResult } from '../../../lib/inbox/answer.ts';
import { createRecords } from '../../../lib/state/records.ts';
import { type InstallResult } from '../../../lib/state/results.ts';

/** What the installer does at its end, whatever the transport. */
export async function endInstallation(stateDir: string, inbox: string, result: InstallResult): Promise<void> {
  const owner = await lstat(inbox);
  const records = createRecords(stateDir);
  await forgetResult(inbox, owner, result.id);
  await records.writeResult(result);
  await leaveResult(inbox, owner, { id: result.id, file: records.resultFile(result.id) });
  await createInbox(inbox, owner, join(stateDir, 'backup')).discard(result.id);
}
