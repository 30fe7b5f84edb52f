import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { compiledOf, doubled, scriptOf } from './compiled.ts';

/** Programs that are started for each name, lineage or bundle. */
const PROGRAMS = /^(?:auth|cleanup|deploy|installer)-.*\.js$/;

/**
 * Writes what V8 makes of the files in `dist/lib/`, all functions of them, for the Node.js that runs this. What is there for another one
 * goes. Nothing is synced to the disk: what a loss of power damages is seen when it is read. Where something cannot be written, nothing is left.
 */
export function compileAhead(dist: string): void {
  const compiled = dirname(compiledOf(dist, ''));
  const remove = () => rmSync(compiled, { recursive: true, force: true });
  remove();
  const names = readdirSync(join(dist, 'lib')).filter((name) => PROGRAMS.test(name));
  try {
    for (const name of names) compileFile(dist, name);
  } catch (error) {
    remove();
    throw error;
  }
}

function compileFile(dist: string, name: string): void {
  // V8 notes the flags that it has at the end, by which programs will run.
  setFlagsFromString('--no-lazy');
  const script = scriptOf(join(dist, 'lib', name));
  setFlagsFromString('--lazy');
  const place = compiledOf(dist, name);
  mkdirSync(dirname(place), { recursive: true, mode: 0o755 });
  writeFileSync(`${place}.new`, doubled(script.createCachedData()), { mode: 0o644 });
  renameSync(`${place}.new`, place);
}
