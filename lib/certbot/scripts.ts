import { join } from 'node:path';
import { orNone, targetOf, textOf } from '../system/read-file.ts';

/** Shell and its like; not what is written in JavaScript, as certbot-ha is, which has such words in it. */
const SCRIPT = /^#!.*\b(?:sh|bash|dash|zsh|python[\d.]*|perl)\b/;
const MAX_BYTES = 65_536;
const MAX_FILES = 10;

/**
 * The scripts that a command names by their paths, without comments: somebody may have wrapped certbot.
 * @param root where the files are; default: /
 */
export async function scriptsIn(command: string, root = '/'): Promise<ReadonlyMap<string, string>> {
  const paths = [...command.matchAll(/(?:^|[\s="'(])(\/[\w@%+.,/-]+)/g)].map(([, path = '']) => path);
  const scripts = await Promise.all(
    [...new Set(paths)]
      .slice(0, MAX_FILES)
      .map(async (path) => [path, await scriptAt(join(root, path))] as const),
  );
  return new Map(scripts.flatMap(([path, text]) => (text === null ? [] : [[path, text] as const])));
}

async function scriptAt(file: string): Promise<string | null> {
  const stat = await orNone(targetOf(file), null);
  if (stat === null || !stat.isFile() || stat.size > MAX_BYTES) return null;
  const text = await orNone(textOf(file), null);
  return text !== null && SCRIPT.test(text) ? withoutComments(text) : null;
}

/** Of a script or a crontab, the lines that do something. */
export function withoutComments(text: string): string {
  const lines = text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => !/^\s*#/.test(line));
  return lines.join('\n');
}
