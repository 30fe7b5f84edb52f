import { rm } from 'node:fs/promises';
import { CertbotHaError } from '../base/errors.ts';
import { expectedFindings } from '../base/expected.ts';
import { certbotHolding } from '../certbot/lock.ts';
import { liveDirectory, renewalDirectory } from '../certbot/config-dir.ts';
import type { Finding } from '../findings/register.ts';
import { isOurs } from '../lineage/list.ts';
import { atMost } from '../system/time-limit.ts';
import { exists } from '../system/read-file.ts';
import { syncDirectory } from '../system/sync-files.ts';
import { OUT_OF_TIME, testWithin } from '../webserver/tested.ts';
import { asideOf, moveAside, putBack, wholeOf, type Whole } from './aside.ts';
import { keep, type KeepOptions } from './keep.ts';
import type { Uses } from './uses.ts';

export interface RemovalOptions extends KeepOptions {
  readonly configDir: string;
  readonly uses: Uses;
  /** this node has a record of it: what is left without a configuration is certbot-ha's too */
  readonly isKnown: boolean;
  readonly isForced: boolean;
  readonly isTrial: boolean;
  /** Called once nothing is in the way any more, before anything goes. */
  readonly onRemoval: (kept: string) => Promise<void>;
}

/**
 * - `absent`: nothing of it is here
 * - `others`: it is not certbot-ha's, and stays
 * - `refused`: it is seen in use, or the web server's configuration names it, or nobody can tell; `isTested`: by a test without it
 * - `possible`: it could go, and nothing has changed
 * - `cut off`: the test came to no end, and tells nothing
 * - `removed`: it lies in `kept` alone
 */
export type Removal =
  | { readonly state: 'absent' | 'others' | 'possible' }
  | { readonly state: 'cut off'; readonly findings: readonly Finding[] }
  | { readonly state: 'refused'; readonly isTested: boolean; readonly findings: readonly Finding[] }
  | { readonly state: 'removed'; readonly kept: string; readonly findings: readonly Finding[] };

/**
 * Takes a lineage off this node, where its web server does without. A trial looks only at what can be seen as it is. The
 * removal itself is tested with the lineage's directories under other names, so that the server's own words tell what names them. All of it is copied to the backups before it goes.
 * To be called with the installer's lock. Killed at any point, it is begun anew by whoever calls it next.
 * @throws {CertbotHaError} `failed` while certbot runs, when its configuration cannot be read, or the copy cannot be made
 */
export async function removeLineage(lineage: string, options: RemovalOptions): Promise<Removal> {
  const { configDir, isKnown, isForced, isTrial, uses, begun, limit } = options;
  const notBack = await tryPutBack(options);
  const whole = await wholeOf(configDir, lineage, begun);
  await unlessAside(whole, notBack);
  const paths = [whole.conf, whole.live, ...(whole.archive === null ? [] : [whole.archive])];
  const there = await Promise.all(paths.map(exists));
  if (!there.includes(true)) return { state: 'absent' };
  if (there[0] === true ? !(await isOurs(configDir, lineage)) : !isKnown) return { state: 'others' };
  await unlessCertbotRuns(configDir, lineage);

  const unknown: readonly Finding[] = uses.hasTest ? [] : [{ code: 'no-test', lineage }];
  const seen = [...(await uses.seen(whole, limit)), ...unknown];
  if (seen.length > 0 && !isForced) return { state: 'refused', isTested: false, findings: seen };
  if (isTrial) return { state: 'possible' };
  try {
    // It may have begun meanwhile; and a test without the lineage is nothing that it should see.
    await unlessCertbotRuns(configDir, lineage);
    await moveAside(whole);
    const restore = async () => await unlessAside(whole, await tryPutBack(options));
    const { isCutOff, findings } = await objectionsOf(lineage, options, restore);
    if (isCutOff && !isForced) return { state: 'cut off', findings };
    // What goes anyway is not said to be there still.
    const objections = isCutOff ? [...seen, OUT_OF_TIME] : [...seen, ...findings];
    if (objections.length > 0 && !isForced) return { state: 'refused', isTested: true, findings: objections };
    await moveAside(whole);
    const kept = await keep(whole, lineage, options);
    await unlessCertbotRuns(configDir, lineage).catch(async (error: unknown) => {
      if (kept.isNew) await rm(kept.directory, { recursive: true, force: true });
      throw error;
    });
    await options.onRemoval(kept.directory);
    await remove(whole, configDir);
    return { state: 'removed', kept: kept.directory, findings: objections };
  } finally {
    await unlessAside(whole, await tryPutBack(options));
  }
}

/** Everything that was left aside. Resolves to what was in the way of some of it, which may be another lineage's: who begins tells of that. */
async function tryPutBack({ configDir, backup }: RemovalOptions): Promise<readonly Finding[]> {
  return await putBack(configDir, backup).then(
    () => [],
    (error: unknown) => expectedFindings(error),
  );
}

/** @throws {CertbotHaError} `failed` where something of this lineage is still aside */
async function unlessAside({ live, archive }: Whole, [notBack]: readonly Finding[]): Promise<void> {
  if (notBack === undefined) return;
  for (const path of [live, archive])
    if (path !== null && (await exists(asideOf(path)))) throw new CertbotHaError('failed', notBack);
}

/** Why the web server cannot do without it. A test that fails anyway tells nothing. */
async function objectionsOf(
  lineage: string,
  { uses, limit }: RemovalOptions,
  restore: () => Promise<void>,
): Promise<{ readonly isCutOff: boolean; readonly findings: readonly Finding[] }> {
  const cutOff = { isCutOff: true, findings: [{ code: 'deletion-cut-off', lineage }] } as const;
  // What is tested again with it has as long for it.
  const without = await testWithin(uses, atMost(limit.leftMs() / 2, limit));
  if (without.isOk) return { isCutOff: false, findings: [] };
  await restore();
  if (without.reason === OUT_OF_TIME) return cutOff;
  const withIt = await testWithin(uses, limit);
  const told = (...findings: readonly Finding[]) => ({ isCutOff: false, findings });
  if (withIt.isOk) return told({ code: 'lineage-in-use', lineage }, without.reason);
  return withIt.reason === OUT_OF_TIME ? cutOff : told({ code: 'use-not-known', lineage }, withIt.reason);
}

async function unlessCertbotRuns(configDir: string, lineage: string): Promise<void> {
  const pid = await certbotHolding(configDir);
  if (pid !== null) throw new CertbotHaError('failed', { code: 'certbot-running', lineage, pid });
}

/** The configuration first: certbot renews by it, and without it nothing of the rest is a lineage. */
async function remove(whole: Whole, configDir: string): Promise<void> {
  await rm(whole.conf, { force: true });
  await syncDirectory(renewalDirectory(configDir));
  for (const path of [whole.live, whole.archive])
    if (path !== null) await rm(asideOf(path), { recursive: true, force: true });
  if (await exists(liveDirectory(configDir))) await syncDirectory(liveDirectory(configDir));
}
