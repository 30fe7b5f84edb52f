import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { removeAs } from '../bundle/remove-as.ts';
import { entriesOf } from '../files/look.ts';

/**
 * Takes the peers' requests off the desk before they are seen to: one that comes meanwhile starts
 * another run. The desk is the agent's, so what lies on it is removed with the agent's rights.
 * @returns whether there were any
 */
export async function takeRequests(stateDir: string): Promise<boolean> {
  const desk = join(stateDir, 'requests');
  const names = await entriesOf(desk);
  if (names.length === 0) return false;
  const { uid, gid } = await lstat(desk);
  await removeAs(
    { uid, gid },
    names.map((name) => join(desk, name)),
  );
  return true;
}
