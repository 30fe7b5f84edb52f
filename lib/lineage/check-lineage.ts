import { timeOf } from './generation.ts';
import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { covers } from './covers.ts';
import type { Lineage } from './lineage.ts';
import { namesOf } from './names.ts';

/**
 * Every reason not to serve a lineage, a line each with file and value; none when it is sound.
 * - `privkey.pem` is the key of `cert.pem`
 * - `chain.pem`: each certificate is issued by the next (RFC 8446, section 4.4.2); its end need not be a root
 * - `fullchain.pem` is `cert.pem` and `chain.pem` (certbot, storage.py)
 * - the leaf covers all names
 * - none of them is expired or not valid yet
 *
 * Whether the chain leads to a root that anyone trusts is not looked at: that depends on who asks.
 */
export function checkLineage(lineage: Lineage, names: readonly string[], now: Date): readonly string[] {
  const problems = [
    ...keyProblems(lineage),
    ...chainProblems(lineage),
    ...fullchainProblems(lineage),
    ...nameProblems(lineage, names),
    ...dateProblems(lineage, now),
  ];
  return problems.map(({ file, problem }) => `${join(lineage.directory, file)}: ${problem}`);
}

interface Problem {
  readonly file: 'cert.pem' | 'chain.pem' | 'fullchain.pem' | 'privkey.pem';
  readonly problem: string;
}

function keyProblems({ leaf, key }: Lineage): readonly Problem[] {
  if (leaf.checkPrivateKey(key)) return [];
  return [{ file: 'privkey.pem', problem: `not the key of cert.pem (${titleOf(leaf)})` }];
}

function chainProblems({ leaf, chain }: Lineage): readonly Problem[] {
  const issued = [leaf, ...chain.slice(0, -1)];
  return chain.flatMap((issuer, index) => {
    const subject = issued[index];
    if (subject === undefined || isIssuedBy(subject, issuer)) return [];
    const below = index === 0 ? 'cert.pem' : `certificate ${index}`;
    return [
      {
        file: 'chain.pem' as const,
        problem: `certificate ${index + 1} (${titleOf(issuer)}) is not the issuer of ${below}, which is ${nameOf(subject.issuer)}`,
      },
    ];
  });
}

/** By name and key identifiers, then by signature: two CAs may share a name. */
function isIssuedBy(subject: X509Certificate, issuer: X509Certificate): boolean {
  return subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
}

function fullchainProblems({ leaf, chain, fullchain }: Lineage): readonly Problem[] {
  const expected = [leaf, ...chain];
  const file = 'fullchain.pem';
  if (fullchain.length !== expected.length) {
    const problem = `expected cert.pem and chain.pem, ${expected.length} certificates, got ${fullchain.length}`;
    return [{ file, problem }];
  }
  return fullchain.flatMap((certificate, index) => {
    if (expected[index]?.fingerprint256 === certificate.fingerprint256) return [];
    const source = index === 0 ? 'cert.pem' : `certificate ${index} of chain.pem`;
    return [{ file, problem: `certificate ${index + 1} (${titleOf(certificate)}) is not ${source}` }];
  });
}

function nameProblems({ leaf }: Lineage, names: readonly string[]): readonly Problem[] {
  const own = namesOf(leaf);
  return names
    .filter((name) => !covers(own, name))
    .map((name) => ({
      file: 'cert.pem',
      problem: `does not cover ${name}, only ${own.join(', ') || 'no name'}`,
    }));
}

function dateProblems({ leaf, chain }: Lineage, now: Date): readonly Problem[] {
  const dated = [
    ...periodProblems(leaf, now).map((problem) => ({ file: 'cert.pem' as const, problem })),
    ...chain.flatMap((certificate, index) =>
      periodProblems(certificate, now).map((problem) => ({
        file: 'chain.pem' as const,
        problem: `certificate ${index + 1} (${titleOf(certificate)}) ${problem}`,
      })),
    ),
  ];
  return dated;
}

function periodProblems({ validFrom, validTo }: X509Certificate, now: Date): readonly string[] {
  const isDated = ![validFrom, validTo].some((date) => Number.isNaN(Date.parse(date)));
  if (!isDated) return [`its dates cannot be read: ${JSON.stringify([validFrom, validTo])}`];
  if (now < new Date(validFrom))
    return [`not valid before ${timeOf(validFrom)}: is this host's clock right?`];
  if (now > new Date(validTo)) return [`expired at ${timeOf(validTo)}`];
  return [];
}

/** How a certificate is called in a message: a leaf may have no subject (RFC 5280, section 4.1.2.6). */
function titleOf({ subject, serialNumber }: X509Certificate): string {
  return subject ? nameOf(subject) : `serial ${serialNumber}`;
}

/** Node.js puts each part of a distinguished name on a line of its own. */
function nameOf(distinguishedName: string): string {
  return distinguishedName.split('\n').join(', ');
}
