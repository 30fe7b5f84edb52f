import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import createYargs, { type Argv } from 'yargs';
import type { Command, CommonOptions } from '../../lib/commands/command.ts';
import { CLONE } from '../lab/dist.ts';

/** Every command of the command-line tool, from the files that have one. */
export async function commands(): Promise<readonly Command[]> {
  const directory = join(CLONE, 'lib/commands');
  const found = await Promise.all(
    (await readdir(directory)).map(async (name) => {
      const text = await readFile(join(directory, name), 'utf8');
      if (!/^export (?:const \w+|function \w+\(.*\)): Command\b/m.test(text)) return [];
      const module = (await import(join(directory, name))) as Readonly<Record<string, unknown>>;
      return Object.values(module).map((value) => (typeof value === 'function' ? value([]) : value));
    }),
  );
  return found.flat().filter((value): value is Command => 'builder' in (value as Command));
}

/** Each option of a command, with its one letter if it has one. */
export async function optionsOf({ builder }: Command): Promise<readonly (readonly string[])[]> {
  const parser = createYargs().help(false).version(false);
  const help = await builder(parser as unknown as Argv<CommonOptions>).getHelp();
  const [, own = ''] = /^Options:\n([^]*?)(?:\n\n|\n*$(?![^]))/m.exec(help) ?? [];
  return [...own.matchAll(/^ +((?:-\w, )?--[\w-]+)/gm)].map(([, names = '']) => names.split(', '));
}
