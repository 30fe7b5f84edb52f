import fs from 'fs-extra';

// The one door to fs-extra. Loading it takes milliseconds, so nothing that a hook or the installer starts
// with comes through here: they do with node:fs.

/** Makes a directory, with the mode, and whatever leads to it. */
export async function ensureDirectory(directory: string, mode?: number): Promise<void> {
  await fs.ensureDir(directory, mode);
}

/** Writes a file, in a directory that is made where it is not there. */
export async function outputFile(file: string, content: string, mode?: number): Promise<void> {
  await fs.outputFile(file, content, mode === undefined ? {} : { mode });
}

/** Removes whatever is there, with all that is below. Absence is no error. */
export async function remove(path: string): Promise<void> {
  await fs.remove(path);
}
