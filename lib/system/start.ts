import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { compiledOf, createReader, scriptOf } from './compiled.ts';

type Run = (
  exports: unknown,
  require: (id: string) => unknown,
  module: { readonly exports: unknown },
  filename: string,
  directory: string,
) => void;

/**
 * Runs a program: its files as V8 has compiled them ahead, where that is there and holds for this Node.js, else as they are
 * (docs/decisions/0064-compiled-ahead.md).
 * @param load what loads modules of Node.js, and files as they are
 * @param entry the program's file in `dist/lib/`
 */
export function start(load: NodeJS.Require, entry: string): void {
  const dist = import.meta.dirname;
  if (existsSync(compiledOf(dist, entry))) createLoader(load, dist)(entry);
  else load(join(dist, 'lib', entry));
}

/** As Node.js loads files that require each other, but for the looking: all lie in one directory. */
function createLoader(load: NodeJS.Require, dist: string): (name: string) => unknown {
  const directory = join(dist, 'lib');
  const loaded = new Map<string, { readonly exports: unknown }>();
  const read = createReader();
  const loadFile = (name: string): unknown => {
    const known = loaded.get(name);
    if (known) return known.exports;
    const module = { exports: {} };
    loaded.set(name, module);
    const filename = join(directory, name);
    const run = scriptOf(filename, read(compiledOf(dist, name))).runInThisContext() as Run;
    const require = (id: string) => (id.startsWith('./') ? loadFile(id.slice(2)) : load(id));
    run(module.exports, require, module, filename, directory);
    return module.exports;
  };
  return loadFile;
}
