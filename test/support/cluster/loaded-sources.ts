import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { CLONE } from '../../lab/dist.ts';

/** What built files were made of, by their maps: paths below the repository. The bundler's own part has no map. */
export async function sourcesOf(files: readonly string[]): Promise<readonly string[]> {
  const maps = files.map((file) => `${file}.map`).filter((map) => existsSync(map));
  const each = await Promise.all(
    maps.map(async (map) => {
      const { sources } = JSON.parse(await readFile(map, 'utf8')) as { readonly sources: readonly string[] };
      return sources.map((source) => relative(CLONE, resolve(dirname(map), source)));
    }),
  );
  return each.flat();
}
