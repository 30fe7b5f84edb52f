import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, normalize, relative } from 'node:path';

/** File to the files that it imports, in whatever form; all from the root of the repository. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

const IMPORTED = /(?:\bfrom\s+|\bimport\s*\(?\s*)'(\.{1,2}\/[^']+)'/g;
const HIDDEN = /\bimport\((?!\s*')/;

/** Reads the imports of all sources in lib/ and hooks/ of the repository at `root`. */
export async function readImports(root: string): Promise<{
  readonly graph: ImportGraph;
  readonly hidden: readonly string[];
  readonly crooked: readonly string[];
}> {
  const files = (await Promise.all(['lib', 'hooks'].map((name) => sourcesIn(root, name)))).flat();
  const texts = await Promise.all(
    files.map(async (file) => [file, await readFile(join(root, file), 'utf8')] as const),
  );
  return {
    graph: new Map(texts.map(([file, text]) => [file, importsOf(file, text)])),
    // by a name that is made at run time: nobody sees where it leads
    hidden: texts.flatMap(([file, text]) => (HIDDEN.test(text) ? [file] : [])),
    // by a way that is not the shortest: the linter's patterns see the words of a path, not where it leads
    crooked: texts.flatMap(([file, text]) => crookedIn(file, text)),
  };
}

/** One way round for each circle that is found, each as the files in order. */
export function circlesOf(graph: ImportGraph): readonly (readonly string[])[] {
  const circles: (readonly string[])[] = [];
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): void => {
    const at = way.indexOf(file);
    if (at !== -1) circles.push([...way.slice(at), file]);
    if (at !== -1 || done.has(file)) return;
    for (const imported of graph.get(file) ?? []) visit(imported, [...way, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return circles;
}

async function sourcesIn(root: string, directory: string): Promise<readonly string[]> {
  const names = await readdir(join(root, directory), { recursive: true });
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(directory, name));
}

function importsOf(file: string, text: string): readonly string[] {
  return pathsIn(text).map((path) => normalize(join(dirname(file), path)));
}

function crookedIn(file: string, text: string): readonly string[] {
  return pathsIn(text).flatMap((path) => {
    const shortest = relative(dirname(file), normalize(join(dirname(file), path)));
    const written = shortest.startsWith('.') ? shortest : `./${shortest}`;
    return path === written ? [] : [`${file}: '${path}' is '${written}'`];
  });
}

function pathsIn(text: string): readonly string[] {
  return [...text.matchAll(IMPORTED)].map(([, path = '']) => path);
}
