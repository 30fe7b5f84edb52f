import { dirname, join, resolve } from 'node:path';
import { liveOf, numberOfCertificate } from '../certbot/config-dir.ts';
import { entriesOf, orNone, readLink, textOf } from '../system/read-file.ts';
import { certificateIn } from './certificate.ts';
import { idOf, type Leaf } from './generation.ts';
import { listLineages } from './list.ts';

/** Whether a certificate is one of another lineage than this one, as far as this node knows. */
export type IsOfAnother = (leaf: Pick<Leaf, 'sha256'>, lineage: string) => Promise<boolean>;

/** Whose a certificate is: `own`: a generation of one lineage that is meant; `other`: of another one here; null: nobody knows it. */
export type Whose = (leaf: Pick<Leaf, 'sha256'>) => Promise<'own' | 'other' | null>;

/** Of each lineage, to tell it from the others: a web server that has not been reloaded for longer is behind anyway. */
const MAX_OF_EACH = 10;
/** Of the one that is meant: renewed every three days, those of more than a year. */
const MAX_OF_ONE = 150;

/**
 * Tells the certificates of a node's lineages apart, whoever renews them: two of them may have a name in common. Everything
 * is read once, and not before it is asked for.
 */
export function createLeafIndex(configDir: string): IsOfAnother {
  let reading: Promise<ReadonlyMap<string, ReadonlySet<string>>> | null = null;
  return async ({ sha256 }, lineage) => {
    reading ??= readIndex(configDir);
    const found = (await reading).get(sha256);
    return found !== undefined && !found.has(lineage);
  };
}

/** The generations of one lineage that certbot has kept, by their SHA-256, the newest first. @param directory live/NAME, wherever it lies */
export async function keptGenerations(directory: string, most = MAX_OF_ONE): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const file of (await certificatesOf(directory)).slice(0, most)) {
    const certificate = certificateIn(await orNone(textOf(file), null));
    if (certificate !== null) ids.push(idOf(certificate));
  }
  return ids;
}

/** The lineages of each leaf: one that was copied by hand is of both. */
async function readIndex(configDir: string): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const lineages = await orNone(listLineages(configDir), []);
  const index = new Map<string, Set<string>>();
  for (const lineage of lineages)
    for (const id of await keptGenerations(liveOf(configDir, lineage), MAX_OF_EACH))
      index.set(id, (index.get(id) ?? new Set()).add(lineage));
  return index;
}

/** Those that certbot has kept, the newest first. */
async function certificatesOf(directory: string): Promise<readonly string[]> {
  const live = join(directory, 'cert.pem');
  const target = await orNone(readLink(live), null);
  if (target === null) return [live];
  const archive = dirname(resolve(dirname(live), target));
  return (await orNone(entriesOf(archive), []))
    .map((name) => ({ name, number: numberOfCertificate(name) ?? 0 }))
    .filter(({ number }) => number > 0)
    .toSorted((one, other) => other.number - one.number)
    .map(({ name }) => join(archive, name));
}
