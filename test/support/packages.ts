import { readFile } from 'node:fs/promises';
import { CLONE } from '../lab/dist.ts';
import { lacking } from './lacking.ts';
import { run, type Ended } from './programs/program.ts';

/** Makes packages of the dist/ that is there into `directory`; rejects, with what was said, where that fails. */
export async function makePackages(
  directory: string,
  options: readonly string[],
  { umask = '022', env = {} }: { readonly umask?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<void> {
  const script = 'umask "$1"; shift; exec "$@"';
  const argv = [
    'sh',
    '-c',
    script,
    'sh',
    umask,
    'scripts/package.sh',
    '--built',
    '--out',
    directory,
    ...options,
  ];
  const { code, stderr } = await run(argv, { cwd: CLONE, env: { ...process.env, ...env } });
  if (code !== 0) throw new Error(`scripts/package.sh ${options.join(' ')}: exit ${code}\n${stderr}`);
}

/** Why Debian packages that a test needs cannot be had here; null when they are there. With CI=true that is an error. */
export async function lackOf(packages: readonly string[]): Promise<string | null> {
  const { code, stderr } = await run(['scripts/debian-packages.sh', '--required', ...packages], {
    cwd: CLONE,
  });
  if (code === 0) return null;
  return lacking(`not installed: ${packages.join(', ')}: ${stderr.trimEnd().split('\n').at(-1) ?? ''}`);
}

/** A line of what `dpkg-deb --contents` lists. */
export interface Packed {
  readonly mode: string;
  readonly owner: string;
  /** without the dot and the slash that a directory ends with */
  readonly path: string;
  /** of a symbolic link */
  readonly target: string | undefined;
}

/** What is in a .deb, by path. */
export async function contentsOf(deb: string): Promise<ReadonlyMap<string, Packed>> {
  const listed = successOf(await run(['dpkg-deb', '--contents', deb]));
  const entries = listed.trimEnd().split('\n').map(packedOf);
  return new Map(entries.map((entry) => [entry.path, entry]));
}

/** The part of a CycloneDX SBOM that tests look at. */
export interface Bom {
  readonly bomFormat: string;
  readonly metadata: { readonly component: { readonly name: string; readonly version: string } };
  readonly components: readonly {
    readonly group?: string;
    readonly name: string;
    readonly version: string;
    readonly purl: string;
    readonly licenses: readonly { readonly expression?: string }[];
    readonly hashes?: readonly object[];
  }[];
}

export async function bomIn(file: string): Promise<Bom> {
  return JSON.parse(await readFile(file, 'utf8')) as Bom;
}

function packedOf(line: string): Packed {
  const [, mode = '', owner = '', name = '', target] =
    /^(\S+) (\S+) +\d+ \S+ \S+ \.(\S*?)(?: -> (\S+))?$/.exec(line) ?? [];
  return { mode, owner, path: name.replace(/(?<=.)\/$/, ''), target };
}

/** What a program wrote; throws with all of that where it failed. */
export function successOf({ code, stdout, stderr }: Ended): string {
  if (code !== 0) throw new Error(`exit ${code}\n${stderr}\n${stdout}`);
  return stdout;
}
