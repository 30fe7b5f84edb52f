import { isSystemError } from '../base/expected.ts';
import { listOfLineages } from '../certbot/config-dir.ts';
import { textOf } from '../system/read-file.ts';
import { writeWhole } from '../system/write-file.ts';

const HEAD = '# certbot-ha: lineages that have been here. One of them that is gone was deleted by hand.\n';

/** Whether a lineage has been in this directory, by its own list; null where there is none. */
export async function listedIn(configDir: string): Promise<((lineage: string) => boolean) | null> {
  const text = await listIn(configDir);
  if (text === null) return null;
  // A damaged list tells of no loss: what is gone waits for a hand.
  if (!text.startsWith(HEAD)) return () => true;
  const listed = new Set(text.split('\n'));
  return (lineage) => listed.has(lineage);
}

/** Whether the list is of these lineages already; an empty one is worth no file. */
export async function isListOf(configDir: string, lineages: readonly string[]): Promise<boolean> {
  const text = await listIn(configDir);
  return text === null ? lineages.length === 0 : text === listOf(lineages);
}

/** Adds a lineage, without a look at any other; false where there is no list to add it to. */
export async function addToList(configDir: string, lineage: string): Promise<boolean> {
  const text = await listIn(configDir);
  if (text === null || !text.startsWith(HEAD)) return false;
  const listed = text.slice(HEAD.length).split('\n').filter(Boolean);
  if (!listed.includes(lineage)) await writeList(configDir, [...listed, lineage]);
  return true;
}

export async function writeList(configDir: string, lineages: readonly string[]): Promise<void> {
  await writeWhole(listOfLineages(configDir), listOf(lineages), { mode: 0o644 });
}

function listOf(lineages: readonly string[]): string {
  return (
    HEAD +
    lineages
      .toSorted()
      .map((lineage) => `${lineage}\n`)
      .join('')
  );
}

async function listIn(configDir: string): Promise<string | null> {
  try {
    return await textOf(listOfLineages(configDir));
  } catch (error) {
    // Whoever writes it anew tells of that.
    if (isSystemError(error)) return '';
    throw error;
  }
}
