import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { layoutOf } from '../state/layout.ts';
import { removeAs } from '../system/as-owner.ts';
import { setAside } from '../system/set-aside.ts';
import { someEntriesOf } from '../system/read-file.ts';

/** More than a cluster has nodes: what is beyond that nobody has asked for, and waits for the next run. */
const MAX_REQUESTS = 1_000;

/**
 * Removes the peers' requests from requests/ before sync answers them: one that comes meanwhile starts
 * another run. The directory is the agent's, so its entries are removed with the agent's rights; what
 * even the agent could not remove would start sync without end, and is put aside.
 * @returns whether there were any
 */
export async function takeRequests(stateDir: string): Promise<boolean> {
  const { requests, backup } = layoutOf(stateDir);
  const names = (await someEntriesOf(requests, MAX_REQUESTS)).map(String);
  if (names.length === 0) return false;
  const { uid, gid } = await lstat(requests);
  await removeAs(
    { uid, gid },
    names.map((name) => join(requests, name)),
  );
  const taken = new Set(names);
  for (const raw of await someEntriesOf(requests, MAX_REQUESTS)) {
    if (taken.has(raw.toString())) await setAside(requests, raw, backup);
  }
  return true;
}
