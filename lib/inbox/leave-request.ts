import { join } from 'node:path';
import { outputFile } from '../system/files.ts';

/** Has a node brought up to date by this one: `requests/NODE` starts its sync. Twice is no error. */
export async function leaveRequest(requests: string, node: string): Promise<void> {
  await outputFile(join(requests, node), '');
}
