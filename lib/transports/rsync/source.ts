import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findProcess } from '../../system/processes.ts';
import { layoutOf, RSYNC_PREFIX, rsyncOwner } from '../../state/layout.ts';
import { makeStateDir } from '../../state/state-dir.ts';
import { entriesOf } from '../../system/read-file.ts';

/** A directory that holds just these files for the time of the call, for nobody else to read. */
export async function withSource<T>(
  stateDir: string,
  files: Readonly<Record<string, string>>,
  use: (source: string) => Promise<T>,
): Promise<T> {
  await makeStateDir(stateDir);
  const source = await mkdtemp(layoutOf(stateDir).rsyncOf(process.pid));
  try {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(source, name)), { recursive: true, mode: 0o700 });
      await writeFile(join(source, name), content, { mode: 0o600 });
    }
    return await use(source);
  } finally {
    await rm(source, { recursive: true, force: true });
  }
}

/** Removes the directories of programs that were killed: there may be a key in them. */
export async function removeOrphanedSources(stateDir: string): Promise<void> {
  for (const name of (await entriesOf(stateDir)).filter((entry) => entry.startsWith(RSYNC_PREFIX))) {
    const pid = rsyncOwner(name);
    // Whatever else begins so is not ours.
    if (pid !== null && findProcess(pid) === null) {
      await rm(join(stateDir, name), { recursive: true, force: true });
    }
  }
}
