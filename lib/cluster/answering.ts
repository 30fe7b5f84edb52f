import { join } from 'node:path';
import { deadline } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';
import { targetOf } from '../system/read-file.ts';
import type { Config } from './config.ts';

/** What is mounted answers in milliseconds, also over a network. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Asks the file system for a path. */
export type Look = (path: string) => Promise<unknown>;

/** What a link leads to is what may be away. */
export const LOOK: Look = targetOf;

/** Those below certbot's directory that may be mounts of their own, or links into one. */
const BELOW = ['renewal', 'live', 'archive', 'accounts'];

/**
 * Looks once at the directories that everything else reads and writes, so that on a dead mount every program ends.
 * What is not there, or may not be looked at, is no matter here.
 * @throws {CertbotHaError} `failed`, with the directory that does not answer
 */
export async function unlessDirectoriesHang(
  { stateDir, certificates }: Pick<Config, 'stateDir' | 'certificates'>,
  look: Look = LOOK,
): Promise<void> {
  const { configDir } = certificates;
  await unlessHangs([stateDir, configDir, ...BELOW.map((name) => join(configDir, name))], look);
}

/** The same of some directories. @throws {CertbotHaError} `failed`, with the one that does not answer */
export async function unlessHangs(directories: readonly string[], look: Look = LOOK): Promise<void> {
  const limit = deadline(ANSWER_TIMEOUT_MS);
  // One after the other: a call that hangs holds a thread, and others that wait for one would be blamed.
  for (const directory of directories)
    await unlessHung(directory, limit, async () => await look(directory).catch(() => null));
}
