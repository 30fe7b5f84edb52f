import { join } from 'node:path';
import { entriesOf, orNone, targetOf, textOf } from '../system/read-file.ts';

/** Programs that certbot runs before the renewal of any lineage and that stop something, as far as their text tells. */
export async function preHooksThatStop(configDir: string): Promise<readonly string[]> {
  const directory = join(configDir, 'renewal-hooks', 'pre');
  const names: readonly string[] = await orNone(entriesOf(directory), []);
  const files = names.toSorted().map((name) => join(directory, name));
  const stopping = await Promise.all(
    files.map(async (file) => {
      const stat = await orNone(targetOf(file), null);
      // certbot passes over what is no program, and what an editor has left.
      if (stat === null || (stat.mode & 0o111) === 0 || file.endsWith('~')) return [];
      const text = (await orNone(textOf(file), null)) ?? '';
      return /^[^#\n]*\b(?:stop|quit)\b/m.test(text) ? [file] : [];
    }),
  );
  return stopping.flat();
}
