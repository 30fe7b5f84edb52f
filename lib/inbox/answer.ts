import type { Unknown } from '../state/results.ts';
import { join } from 'node:path';
import { beyondNewest, datedBy } from '../system/keep-newest.ts';
import { someEntriesOf, statOf } from '../system/read-file.ts';
import { resultFile, RESULTS } from './layout.ts';
import { removeAs, runAs, type Owner } from '../system/as-owner.ts';
import { readResult } from '../state/results.ts';
import type { InstallResult } from '../state/results.ts';

/** bytes of an answer, for who leaves it and who fetches it */
export const MAX_RESULT_BYTES = 262_144;
/** As many as the outbox keeps: a sender may still be waiting for any that one run of the installer has left. */
const MAX_RESULTS = 100;
/** names that are looked at in one go, should somebody have put more there */
const MAX_NAMES = 1_000;

export interface ResultToLeave {
  readonly id: string;
  /** what to leave, readable for the inbox's owner: the outbox's file */
  readonly file: string;
}

/**
 * Leaves how an installation ended in the inbox, where the sender fetches it the way it has sent the
 * bundle: with the rights of the inbox's owner, who may have put anything there. Only the newest stay.
 * Where it cannot be written there is none.
 *
 * To be called before the bundle's marker is taken away, and `forgetResults` before that. Then an answer
 * that lies there when the marker is gone is the last activation's own, without comparing clocks.
 */
export async function leaveResult(inbox: string, owner: Owner, { id, file }: ResultToLeave): Promise<void> {
  const results = join(inbox, RESULTS);
  const target = join(inbox, resultFile(id));
  const stat = await statOf(file);
  if (stat === null || stat.size > MAX_RESULT_BYTES) return;
  for (const argv of [
    ['mkdir', '-p', '-m', '0700', '--', results],
    // A copy under O_EXCL, which has its mode from its first byte.
    ['install', '-m', '0600', '-T', '--', file, target],
  ]) {
    if ((await runAs(owner, argv)).code !== 0) return;
  }
  await forgetOldest(results, owner, `${id}.json`);
}

/** Takes away how earlier activations of these bundles have ended. */
export async function forgetResults(inbox: string, owner: Owner, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await removeAs(
    owner,
    ids.map((id) => join(inbox, resultFile(id))),
  );
}

async function forgetOldest(results: string, owner: Owner, newest: string): Promise<void> {
  // Whatever its owner has made of the directory must not keep root from the next bundle.
  const names = await someEntriesOf(results, MAX_NAMES).catch(() => []);
  const others = names.map(String).filter((name) => name !== newest);
  const old = beyondNewest(await datedBy('mtimeMs', results, others), MAX_RESULTS - 1);
  if (old.length > 0)
    await removeAs(
      owner,
      old.map((name) => join(results, name)),
    );
}

/**
 * What the installer has left in the inbox, once the marker is gone: it leaves its answer before it
 * takes the marker away, so what is not there then does not come any more.
 * @param text null when there is none
 */
export function leftResult(id: string, text: string | null): InstallResult | Unknown {
  if (text === null) return { state: 'unknown', reason: { code: 'installer-left-no-answer' } };
  const result = readResult(parsed(text));
  return result?.id === id ? result : { state: 'unknown', reason: { code: 'answer-not-installers' } };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // somebody else's
  }
}
