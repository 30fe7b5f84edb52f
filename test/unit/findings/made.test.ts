import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REGISTER } from '../../../lib/findings/register.ts';

/** Made of other findings: of what another version has written, and of more than there is room for. */
const MAKERS: ReadonlySet<string> = new Set(['lib/findings/read.ts', 'lib/findings/several.ts']);

/** It says what to type next, of what others have found. */
const NEXT = 'lib/doctor/next.ts';

const root = new URL('../../../', import.meta.url).pathname;
const files = (await Promise.all(['lib', 'hooks'].map(sourcesIn))).flat();
const sources = await Promise.all(files.map(async (file) => await readFile(join(root, file), 'utf8')));

async function sourcesIn(directory: string): Promise<readonly string[]> {
  const names = await readdir(join(root, directory), { recursive: true });
  return names
    .map((name) => join(directory, name))
    .filter((file) => file.endsWith('.ts') && file !== NEXT)
    .filter((file) => MAKERS.has(file) || !file.startsWith('lib/findings/'));
}

/** Whether a source makes it: a word of its own may mean anything, so that it has to stand behind `code:`. */
function makes(source: string, code: string): boolean {
  const compared = /(?:[!=]==|\bcase|\||<) $/;
  const asValue = [...source.matchAll(new RegExp(`'${code}'`, 'g'))].some(
    ({ index }) => !compared.test(source.slice(0, index)),
  );
  return code.includes('-') ? asValue : new RegExp(`\\bcode: [^,}]*'${code}'`).test(source);
}

test.each(Object.keys(REGISTER))('has a program that makes %s', (code) => {
  expect(sources.some((source) => makes(source, code))).toBe(true);
});
