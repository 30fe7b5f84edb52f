import { readFile } from 'node:fs/promises';

// npm leaves the binaries of other platforms out of a lock file that it makes beside an installed
// node_modules, and `npm ci` then refuses that file on those platforms.

interface LockedPackage {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

const file = process.argv[2] ?? 'package-lock.json';
const { packages } = JSON.parse(await readFile(file, 'utf8')) as LockFile;

/** Where Node.js would look for a dependency of the package at this place. */
function placesOf(place: string, name: string): readonly string[] {
  const parents = place.split('/node_modules/').map((_, index, parts) => parts.slice(0, index + 1));
  return ['', ...parents.map((parts) => parts.join('/node_modules/'))].map((parent) =>
    parent === '' ? `node_modules/${name}` : `${parent}/node_modules/${name}`,
  );
}

const missing = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
  Object.keys(optionalDependencies).filter(
    (name) => !placesOf(place, name).some((candidate) => candidate in packages),
  ),
);

if (missing.length > 0) {
  console.error(`${file}: ${missing.length} optional packages are missing: ${missing.join(', ')}`);
  console.error('  make it again: rm -rf node_modules package-lock.json && npm install --package-lock-only');
  process.exitCode = 1;
}
