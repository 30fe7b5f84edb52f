import { join } from 'node:path';
import type { Bundle } from '../bundle/bundle.ts';
import type { Vetting } from '../bundle/renewal-conf.ts';
import type { Config } from '../config/config.ts';
import type { WebServer } from '../webserver/web-server.ts';
import { createArchive } from './archive.ts';
import { createCertbotFiles } from './certbot-files.ts';
import { writeCombined } from './combined.ts';
import { createJournal, type Entry } from './journal.ts';
import { recordInstalled } from './record-installed.ts';
import { restoreContext } from './selinux.ts';
import { createRecords, type InstallResult, type InstallState } from './records.ts';

export interface InstallOptions {
  readonly config: Pick<Config, 'stateDir' | 'certificates' | 'webServer'>;
  readonly webServer: WebServer;
  /** what hooks a renewal configuration may name */
  readonly hookCommands: Vetting['hookCommands'];
  readonly now: () => Date;
}

export type Ending = Pick<InstallResult, 'state' | 'messages'>;

export const INTERRUPTED = 'the installer was interrupted';

export function ended(state: InstallState, messages: readonly string[] = []): Ending {
  return { state, messages };
}

/** The web server's test has passed: from here on it only goes forward. */
export async function finish(entry: Entry, bundle: Bundle, options: InstallOptions): Promise<Ending> {
  const reloaded = await options.webServer.reload();
  await settle(entry, options);
  await recordInstalled(bundle, createRecords(options.config.stateDir), options.now());
  await createJournal(options.config.stateDir).clear(entry.lineage);
  return reloaded.isOk ? ended('installed') : ended('not reloaded', reloaded.reason.split('\n'));
}

async function settle(
  { lineage, next, settleAs }: Entry,
  { config, webServer }: InstallOptions,
): Promise<void> {
  if (settleAs === null) return;
  await createArchive(config.certificates.configDir, lineage).settle(next, settleAs);
  await writeCombined(webServer, join(config.certificates.configDir, 'live', lineage));
  await restoreContext(config.certificates.configDir);
}

/** The web server refuses it: what was there before is put back, and the test asked again. */
export async function takeBack(
  entry: Entry,
  options: InstallOptions,
  why: readonly string[],
): Promise<Ending> {
  await undo(entry, options);
  const again = await options.webServer.test();
  const after = again.isOk
    ? 'the certificate from before is in place again, and the test passes with it'
    : 'the certificate from before is in place again, but the test fails with it as well';
  return ended('rolled back', [...why, after]);
}

async function undo(entry: Entry, { config, webServer }: InstallOptions): Promise<void> {
  const { configDir } = config.certificates;
  const journal = createJournal(config.stateDir);
  const archive = createArchive(configDir, entry.lineage);
  const current = await archive.current();
  if (current !== null && current !== entry.next && current !== entry.previous) {
    // certbot itself has renewed it meanwhile: that is newer than what is to be undone.
    return await journal.clear(entry.lineage);
  }
  await journal.write({ ...entry, phase: 'undoing' });
  if (entry.previous === null) await archive.removeFirst(entry.next);
  else {
    await archive.switchTo(entry.previous);
    // certbot points live at the highest generation it finds, so a refused one must not stay.
    if (entry.next !== entry.previous) await archive.remove(entry.next);
    await archive.tidy();
    await writeCombined(webServer, join(configDir, 'live', entry.lineage));
  }
  await createCertbotFiles(configDir).restore(entry.lineage, entry.conf);
  await restoreContext(configDir);
  await journal.clear(entry.lineage);
}

/**
 * Ends an installation that was interrupted, without its bundle: undoes it or, where what it replaces
 * may be gone already, leaves it as it is and only tidies up.
 */
export async function leaveWhole(entry: Entry, options: InstallOptions): Promise<void> {
  if (entry.phase !== 'accepted') return await undo(entry, options);
  await options.webServer.reload();
  await settle(entry, options);
  await createJournal(options.config.stateDir).clear(entry.lineage);
}

/** Ends what was interrupted and whose bundle has not come again; resolves to a result for each. */
export async function endInterrupted(options: InstallOptions): Promise<readonly InstallResult[]> {
  const results: InstallResult[] = [];
  for (const entry of await createJournal(options.config.stateDir).list()) {
    const { id, lineage, phase } = entry;
    const at = options.now().toISOString();
    try {
      await leaveWhole(entry, options);
      const state = phase === 'accepted' ? 'installed' : 'rolled back';
      results.push({ id, lineage, state, messages: [INTERRUPTED], at });
    } catch (error) {
      if (!(error instanceof Error && 'errno' in error)) throw error;
      results.push({ id, lineage, state: 'failed', messages: [INTERRUPTED, error.message], at });
    }
  }
  return results;
}
