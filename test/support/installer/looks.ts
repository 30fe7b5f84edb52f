import { readlinkSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Issued } from '../lineage/certificates.ts';
import { run } from '../programs/program.ts';

export const KINDS = ['cert', 'chain', 'fullchain', 'privkey'] as const;
type Kind = (typeof KINDS)[number];

function contentOf(kind: Kind, { certificate, chain, key }: Issued): string {
  return { cert: certificate, chain, fullchain: certificate + chain, privkey: key }[kind];
}

/**
 * Looks at these links of live once: all are relative and of certbot's form, and lead to files that
 * are whole. Resolves to which of the known generations each shows; throws for anything else.
 */
export function lookAtLinks(
  kinds: readonly Kind[],
  configDir: string,
  name: string,
  known: readonly Issued[],
): ReadonlyMap<Kind, Issued> {
  const shown = kinds.map((kind) => {
    const link = join(configDir, 'live', name, `${kind}.pem`);
    const target = readlinkSync(link);
    if (!new RegExp(`^\\.\\./\\.\\./archive/${name}/${kind}\\d+\\.pem$`).test(target)) {
      throw new Error(`${link} leads to ${target}`);
    }
    const content = readFileSync(link, 'utf8');
    const found = known.find((issued) => contentOf(kind, issued) === content);
    if (!found) throw new Error(`${link} is no file of a known generation: ${content.length} bytes`);
    return [kind, found] as const;
  });
  return new Map(shown);
}

/** The same for all four, none of which may be missing. */
export function lookAtLive(
  configDir: string,
  name: string,
  known: readonly Issued[],
): ReadonlyMap<Kind, Issued> {
  return lookAtLinks(KINDS, configDir, name, known);
}

/** Live shows one generation, whole, with its own key. */
export function generationIn(configDir: string, name: string, known: readonly Issued[]): Issued {
  // The chain of one CA is the same in every generation, so that one tells nothing.
  const shown = new Set(
    (['cert', 'fullchain', 'privkey'] as const).map((kind) => lookAtLive(configDir, name, known).get(kind)),
  );
  const [only] = shown;
  if (!only || shown.size !== 1) throw new Error('live shows files of several generations');
  return only;
}

/** Paths below a directory, sorted; directories end in a slash. */
export async function pathsIn(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .map(
      (entry) =>
        join(entry.parentPath, entry.name).slice(directory.length + 1) + (entry.isDirectory() ? '/' : ''),
    )
    .toSorted();
}

/** What is left of writing: none of these may outlive an installation. */
export async function temporariesIn(...directories: readonly string[]): Promise<readonly string[]> {
  const all = await Promise.all(directories.map(pathsIn));
  return all.flat().filter((path) => /tmp|\/\./.test(path));
}

/** What certbot says of its lineages. */
export async function certbotCertificates(configDir: string, scratch: string): Promise<string> {
  const directories = [
    '--config-dir',
    configDir,
    '--work-dir',
    join(scratch, 'work'),
    '--logs-dir',
    join(scratch, 'logs'),
  ];
  const { stdout, stderr, code } = await run(['certbot', 'certificates', ...directories]);
  return `${stdout}${stderr}exit ${code}`;
}

/** Looks at live again and again while something happens; resolves to how often, rejects with what was wrong. */
export async function watchLive(look: () => unknown, during: Promise<unknown>): Promise<number> {
  const over = new AbortController();
  const ended = during.finally(() => over.abort());
  let looks = 0;
  while (!over.signal.aborted) {
    look();
    looks += 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await ended;
  return looks;
}
