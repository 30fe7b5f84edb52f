import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'rolldown';

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

const HEAD = 'The programs in this directory contain the following packages, under these terms.\n';

/** Writes the licences of the packages that are in the bundles to `file`, as the licences ask for. */
export function notices(file: string, roots: Set<string>): Plugin {
  return {
    name: 'notices',
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        for (const id of chunk.moduleIds) {
          const root = packageOf(id);
          if (root !== null) roots.add(root);
        }
      }
    },
    async writeBundle() {
      const texts = await Promise.all([...roots].toSorted(byName).map(noticeOf));
      await writeFile(file, [HEAD, ...texts].join(`\n${'-'.repeat(72)}\n\n`));
    },
  };
}

/** The directory of the package in node_modules that a module belongs to. */
function packageOf(id: string): string | null {
  const root = /^\0?(?:commonjs-\w+:)?(\/.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1];
  return root !== undefined && existsSync(join(root, 'package.json')) ? root : null;
}

function byName(one: string, other: string): number {
  return one.localeCompare(other, 'en');
}

async function noticeOf(root: string): Promise<string> {
  const { name, version, license } = JSON.parse(
    await readFile(join(root, 'package.json'), 'utf8'),
  ) as Package;
  const own = (await readdir(root)).find((entry) => /^(?:licen[cs]e|copying)(?:\.\w+)?$/i.test(entry));
  const text = own === undefined ? '' : await readFile(join(root, own), 'utf8');
  return [`${name} ${version} (${license})\n`, text.trim()].filter(Boolean).join('\n') + '\n';
}
