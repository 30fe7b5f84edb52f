import { dirname, join, resolve } from 'node:path';
import { generationFile, liveOf, numberOfCertificate, partOf } from '../certbot/config-dir.ts';
import { entriesOf, readLink } from '../system/read-file.ts';
import { certificateAt } from './certificate.ts';
import { leafOf, type Leaf } from './generation.ts';

/** A generation that is in place on this node, and what was in place before it. */
export interface Placed {
  /** the N of certN.pem here */
  readonly number: number;
  /** the generations of lower numbers that are in the archive, the latest first */
  readonly earlier: readonly Leaf[];
}

/** A leaf as it is in place here; null where live shows another one, or none. */
export async function placedHere(
  configDir: string,
  lineage: string,
  { sha256 }: Pick<Leaf, 'sha256'>,
  atMost: number,
): Promise<Placed | null> {
  const live = liveOf(configDir, lineage);
  const target = await readLink(join(live, 'cert.pem'));
  const number = numberOfCertificate(target ?? '');
  if (target === null || number === null) return null;
  // By what it leads to now: certbot may switch it meanwhile.
  const file = resolve(live, target);
  if ((await leafIn(file))?.sha256 !== sha256) return null;
  const archive = dirname(file);
  const numbers = (await entriesOf(archive)).flatMap((name) => {
    const found = partOf(name);
    return found?.part === 'cert.pem' && found.number < number ? [found.number] : [];
  });
  const latest = numbers.toSorted((one, other) => other - one).slice(0, atMost);
  const leaves = await Promise.all(
    latest.map(async (one) => await leafIn(join(archive, generationFile('cert.pem', one)))),
  );
  return { number, earlier: leaves.filter((leaf) => leaf !== null) };
}

/** Null where it is no certificate, or cannot be read: nobody would install that one again. */
async function leafIn(file: string): Promise<Leaf | null> {
  const certificate = await certificateAt(file);
  return certificate && leafOf(certificate);
}
