import { restoreContext } from './selinux.ts';
import { liveOf } from '../certbot/config-dir.ts';
import { writeCombined } from '../webserver/combined.ts';
import { createCertbotFiles } from './renewal-files.ts';
import type { InstallOptions } from './ending.ts';
import { INTERRUPTED } from './ending.ts';
import { settle } from './finish.ts';
import { createArchive } from './archive.ts';
import { createJournal } from '../state/journal.ts';
import { ended } from './ending.ts';
import type { InstallResult } from '../state/results.ts';
import type { Entry } from '../state/journal.ts';
import type { Ending } from './ending.ts';

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
    await writeCombined(webServer, liveOf(configDir, entry.lineage));
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
