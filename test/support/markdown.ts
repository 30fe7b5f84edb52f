import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CLONE } from '../lab/dist.ts';

/** A page of the repository, by its path from the top. */
export async function readPage(path: string): Promise<string> {
  return await readFile(join(CLONE, path), 'utf8');
}

/** The pages below a directory, as paths from the top. */
export async function pagesBelow(directory: string): Promise<readonly string[]> {
  const names = await readdir(join(CLONE, directory), { recursive: true });
  return names
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(directory, name))
    .toSorted();
}

/** What is shown as it is typed or printed: blocks between fences, without the blanks before a block in a list. */
export function blocksIn(page: string): readonly { readonly language: string; readonly text: string }[] {
  return [...page.matchAll(/^( *)```(\w*)\n([^]*?)^ *```$/gm)].map(
    ([, blanks = '', language = '', text = '']) => ({
      language,
      text: text.replaceAll(new RegExp(`^${blanks}`, 'gm'), ''),
    }),
  );
}

/** The page without its blocks. */
export function proseOf(page: string): string {
  return page.replaceAll(/^ *```[^]*?^ *```$/gm, '');
}

/** What stands between a heading and the next one of its level; empty where there is no such heading. */
export function sectionOf(page: string, heading: string): string {
  const [marks = ''] = heading.split(' ');
  const [, ...parts] = `\n${page}`.split(`\n${heading}\n`);
  return parts.join('\n').split(`\n${marks} `)[0] ?? '';
}

/** The entries of a list of definitions: each term's words in bold, and what is said of them. */
export function entriesOf(section: string): ReadonlyMap<string, string> {
  const entries = section.split(/\n{2,}/).flatMap((part) => {
    const [term = '', ...lines] = part.trim().split('\n');
    if (!lines[0]?.startsWith(': ')) return [];
    const text = lines.join('\n').slice(2);
    return [...term.matchAll(/\*\*(.+?)\*\*/g)].map(([, name = '']) => [name, text] as const);
  });
  return new Map(entries);
}
