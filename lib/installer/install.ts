import { readFile } from 'node:fs/promises';
import { liveOf, renewalConfOf } from '../certbot/config-dir.ts';
import { compareAge } from '../lineage/generation.ts';
import { generationOf, type Bundle } from '../lineage/bundle.ts';
import { checkBundle } from '../lineage/check-bundle.ts';
import type { RenewalConf } from '../certbot/renewal-conf.ts';
import { CertbotHaError } from '../base/errors.ts';
import { currentGeneration } from '../lineage/current.ts';
import { testAndReload } from '../webserver/web-server.ts';
import { createArchive } from './archive.ts';
import { createBackups } from '../state/backups.ts';
import { createCertbotFiles } from './renewal-files.ts';
import { writeCombined } from '../webserver/combined.ts';
import { createJournal, type Entry } from '../state/journal.ts';
import { ended, INTERRUPTED, type Ending, type InstallOptions } from './ending.ts';
import { finish } from './finish.ts';
import { leaveWhole, takeBack } from './undo.ts';
import { recordInstalled, createRecords } from '../state/records.ts';
import { type InstallResult } from '../state/results.ts';
import { restoreContext } from './selinux.ts';
import { linesOf } from '../base/reason.ts';

/**
 * Installs one bundle. Run again after it was killed at any point, it finishes or undoes what it
 * had begun. One installer runs at a time.
 * @returns how it ended; nothing a bundle holds makes it throw
 */
export async function installBundle(
  id: string,
  bundle: Bundle,
  options: InstallOptions,
): Promise<InstallResult> {
  const { lineage } = bundle.manifest;
  const end = await installChecked(id, bundle, options);
  return { id, lineage, ...end, at: options.now().toISOString() };
}

async function installChecked(id: string, bundle: Bundle, options: InstallOptions): Promise<Ending> {
  const { configDir, mode } = options.config.certificates;
  const { lineage: name, leaf, from } = bundle.manifest;
  // Whatever is in the inbox has come from another node, and each node has its own lineages then.
  if (mode === 'per-node') {
    return ended('refused', [
      `${name}: comes from ${from}, and certificates.mode is per-node on this node: nothing is installed`,
    ]);
  }
  const conf = await installedConf(configDir, name);
  const vetting = { configDir, hookCommands: options.hookCommands, installed: conf };
  const checked = await checkBundle(bundle, vetting, options.now());
  if ('problems' in checked) return ended('refused', checked.problems.flatMap(linesOf));
  const archive = createArchive(configDir, name);
  const strange = await archive.problems();
  if (strange.length > 0) return ended('refused', strange);

  const journal = createJournal(options.config.stateDir);
  const begun = await journal.read(name);
  if (begun?.id === id) return await goOn(begun, bundle, checked.conf, options);
  if (begun !== null) await leaveWhole(begun, options);

  const here = await currentGeneration(configDir, name);
  const age = here === null ? 1 : compareAge(generationOf(bundle.manifest), here);
  if (age === 0) {
    await recordInstalled(bundle, createRecords(options.config.stateDir), options.now());
    return await reloadAgain(options);
  }
  if (age < 0) {
    const dates = `not before ${leaf.notBefore}, here ${here?.notBefore}`;
    return ended('refused', [`${name}: older than what is installed: ${dates}`]);
  }
  const entry = await begin(id, bundle, conf, options);
  await journal.write(entry);
  return await putInPlace(entry, bundle, checked.conf, options);
}

/** It is in place already, and is asked for again: perhaps because the web server does not serve it. */
async function reloadAgain({ webServer }: InstallOptions): Promise<Ending> {
  const outcome = await testAndReload(webServer);
  return outcome.isOk ? ended('unchanged') : ended('not reloaded', linesOf(outcome.reason));
}

/** The installer was killed in the middle of this bundle. */
async function goOn(
  begun: Entry,
  bundle: Bundle,
  conf: RenewalConf,
  options: InstallOptions,
): Promise<Ending> {
  switch (begun.phase) {
    case 'placing':
      return await putInPlace(begun, bundle, conf, options);
    case 'accepted':
      return await finish(begun, bundle, options);
    case 'undoing':
      return await takeBack(begun, options, [INTERRUPTED]);
  }
}

async function begin(
  id: string,
  bundle: Bundle,
  conf: string | null,
  { config, now }: InstallOptions,
): Promise<Entry> {
  const { lineage, number } = bundle.manifest;
  const archive = createArchive(config.certificates.configDir, lineage);
  await archive.tidy();
  const place = await archive.place(bundle);
  if (place.isClash) {
    const backups = createBackups(config.stateDir);
    const aside = backups.place(lineage, now());
    await archive.putAside(aside);
    await backups.prune(lineage, aside);
  }
  const settleAs = place.isClash ? number : null;
  const previous = await archive.current();
  return { lineage, id, previous, next: place.number, settleAs, conf, phase: 'placing' };
}

async function putInPlace(
  entry: Entry,
  bundle: Bundle,
  conf: RenewalConf,
  options: InstallOptions,
): Promise<Ending> {
  const { config, webServer } = options;
  const { configDir } = config.certificates;
  const archive = createArchive(configDir, entry.lineage);
  await archive.write(bundle, entry.next).catch(async (error: unknown) => {
    // Somebody else has that number now; nothing is switched yet, and what is there is not ours to undo.
    if (error instanceof CertbotHaError) await createJournal(config.stateDir).clear(entry.lineage);
    throw error;
  });
  await archive.switchTo(entry.next);
  await createCertbotFiles(configDir).write(bundle, conf);
  await writeCombined(webServer, liveOf(configDir, entry.lineage));
  await restoreContext(configDir);

  const tested = await webServer.test();
  if (!tested.isOk) return await takeBack(entry, options, linesOf(tested.reason));
  const accepted = { ...entry, phase: 'accepted' as const };
  await createJournal(config.stateDir).write(accepted);
  return await finish(accepted, bundle, options);
}

async function installedConf(configDir: string, name: string): Promise<string | null> {
  return await readFile(renewalConfOf(configDir, name), 'utf8').catch(() => null); // none yet
}
