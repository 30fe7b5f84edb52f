import { deadline } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';
import { statOf } from '../system/read-file.ts';
import type { Config } from './config.ts';

/** What is mounted answers in milliseconds, also over a network. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Asks the file system for a path. */
export type Look = (path: string) => Promise<unknown>;

/**
 * Looks once at the directories that everything else reads and writes, so that on a dead mount every program ends.
 * What is not there, or may not be looked at, is no matter here.
 * @throws {CertbotHaError} `failed`, with the directory that does not answer
 */
export async function unlessDirectoriesHang(
  { stateDir, certificates }: Pick<Config, 'stateDir' | 'certificates'>,
  look: Look = statOf,
): Promise<void> {
  const limit = deadline(ANSWER_TIMEOUT_MS);
  await Promise.all(
    [stateDir, certificates.configDir].map(
      async (directory) =>
        await unlessHung(directory, limit, async () => await look(directory).catch(() => null)),
    ),
  );
}
