import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { isToken } from '../challenge/challenge.ts';
import { isDnsValue } from '../challenge/dns-01.ts';
import { isHostName } from '../net/address.ts';
import { entriesOf } from '../system/read-file.ts';
import { readJsonFile, type OnDamage } from './json-file.ts';
import type { PendingChallenge } from './pending-challenge.ts';

const recorded = {
  identifier: v.string(),
  run: v.object({
    id: v.string(),
    process: v.nullable(v.object({ pid: v.number(), startTime: v.string() })),
  }),
  recordedAtMs: v.number(),
  isOver: v.optional(v.boolean()),
};

const pendingSchema = v.union([
  v.object({
    ...recorded,
    token: v.pipe(v.string(), v.check(isToken)),
    keyAuthorization: v.string(),
  }),
  v.object({
    ...recorded,
    value: v.pipe(v.string(), v.check(isDnsValue)),
    placedAt: v.optional(v.pipe(v.string(), v.check(isHostName))),
  }),
]);

/** What is recorded in `stateDir/pending`, in no order. A damaged one is removed. */
export async function pendingIn(directory: string, onDamage: OnDamage): Promise<readonly PendingChallenge[]> {
  const names = (await entriesOf(directory)).filter((name) => /\.(?:json|record)$/.test(name));
  const found = await Promise.all(
    names.map(async (name) => await readOrRemove(join(directory, name), onDamage)),
  );
  return found.filter((entry) => entry !== null);
}

/** A loss of power may leave a record empty, which would be reported at every run. */
async function readOrRemove(file: string, onDamage: OnDamage): Promise<PendingChallenge | null> {
  const reading = await readJsonFile(file, pendingSchema);
  if (reading.state === 'read') return reading.value;
  if (reading.state === 'damaged') {
    onDamage(reading.damage);
    // What cannot be read now may be good.
    if (reading.damage.error === undefined) await rm(file, { recursive: true, force: true });
  }
  return null;
}
