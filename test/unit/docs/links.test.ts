import { stat } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { CLONE } from '../../lab/dist.ts';
import { pagesBelow, proseOf, readPage } from '../../support/markdown.ts';

const TOP = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'bench/README.md',
  'test/README.md',
];
const pages = [...TOP, ...(await pagesBelow('docs'))];
const texts = new Map(await Promise.all(pages.map(async (page) => [page, await readPage(page)] as const)));

/** Where the links of a page lead, as they are written, but those that leave the repository. */
function linksOf(page: string): readonly string[] {
  const prose = proseOf(texts.get(page) ?? '').replaceAll(/`[^`\n]*`/g, '');
  const found = [...prose.matchAll(/\]\(([^()\s]+)\)/g), ...prose.matchAll(/^\[[^\]]+\]: (\S+)$/gm)];
  return found.map(([, target = '']) => target).filter((target) => !/^[a-z][a-z+.-]*:/i.test(target));
}

/** The anchors of a page, as GitHub makes them of headings. */
function anchorsOf(page: string): readonly string[] {
  const headings = [...proseOf(texts.get(page) ?? '').matchAll(/^#+ (.+)$/gm)];
  const seen = new Map<string, number>();
  return headings.map(([, heading = '']) => {
    const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = text.replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '').replaceAll(' ', '-');
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
}

const fileOf = (page: string, target: string) => {
  const [path = ''] = target.split('#');
  return path === '' ? page : normalize(join(dirname(page), path)).replace(/\/$/, '');
};

async function problemOf(page: string, target: string): Promise<readonly string[]> {
  const file = fileOf(page, target);
  const [, anchor] = target.split('#');
  const isThere = await stat(join(CLONE, file)).catch(() => null);
  if (isThere === null) return [`${target}: no such file`];
  if (anchor === undefined || anchorsOf(file).includes(anchor)) return [];
  return [`${target}: no such heading`];
}

test.for(pages)('the links of %s lead to files and headings that are there', async (page) => {
  const problems = await Promise.all(linksOf(page).map(async (target) => await problemOf(page, target)));
  expect(problems.flat()).toEqual([]);
});

test('every page for users can be reached from README.md', () => {
  const reached = new Set(['README.md']);
  for (const page of reached) {
    for (const target of linksOf(page)) {
      const file = fileOf(page, target);
      if (texts.has(file)) reached.add(file);
    }
  }
  const forUsers = pages.filter((page) => page.startsWith('docs/') && !page.startsWith('docs/decisions/'));
  expect(forUsers.filter((page) => !reached.has(page))).toEqual([]);
});
