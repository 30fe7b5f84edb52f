import { timeOf } from './generation.ts';
import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { covers } from './covers.ts';
import type { Part } from '../certbot/config-dir.ts';
import type { Lineage } from './lineage.ts';
import { namesOf } from './names.ts';
import type { Finding } from '../findings/register.ts';

/**
 * Every reason not to serve a lineage, each with file and value; none when it is sound.
 * - `privkey.pem` is the key of `cert.pem`
 * - `chain.pem`: each certificate is issued by the next (RFC 8446, section 4.4.2); its end need not be a root
 * - `fullchain.pem` is `cert.pem` and `chain.pem` (certbot, storage.py)
 * - the leaf covers all names
 * - none of them is expired, or not valid yet by more than the difference of two clocks
 *
 * Whether the chain leads to a root that anyone trusts is not looked at: that depends on who asks.
 */
export function checkLineage(lineage: Lineage, names: readonly string[], now: Date): readonly Finding[] {
  const at: PathOf = (part) => join(lineage.directory, part);
  return [
    ...keyProblems(lineage, at('privkey.pem')),
    ...chainProblems(lineage, at('chain.pem')),
    ...fullchainProblems(lineage, at('fullchain.pem')),
    ...nameProblems(lineage, names, at('cert.pem')),
    ...dateProblems(lineage, at, now),
  ];
}

/** Some CAs do not backdate, and clocks differ: whoever waited for that would stop a roll-out. */
const CLOCK_DIFFERENCE_MS = 30_000;

type PathOf = (part: Part) => string;

function keyProblems({ leaf, key }: Lineage, file: string): readonly Finding[] {
  if (leaf.checkPrivateKey(key)) return [];
  return [{ code: 'private-key-mismatch', file, title: titleOf(leaf) }];
}

function chainProblems({ leaf, chain }: Lineage, file: string): readonly Finding[] {
  const issued = [leaf, ...chain.slice(0, -1)];
  return chain.flatMap((issuer, index): readonly Finding[] => {
    const subject = issued[index];
    if (subject === undefined || isIssuedBy(subject, issuer)) return [];
    return [
      {
        code: 'chain-broken',
        file,
        number: index + 1,
        title: titleOf(issuer),
        below: index === 0 ? 'cert.pem' : `certificate ${index}`,
        issuer: nameOf(subject.issuer),
      },
    ];
  });
}

/** By name and key identifiers, then by signature: two CAs may share a name. */
function isIssuedBy(subject: X509Certificate, issuer: X509Certificate): boolean {
  return subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
}

function fullchainProblems({ leaf, chain, fullchain }: Lineage, file: string): readonly Finding[] {
  const whole = [leaf, ...chain];
  if (fullchain.length !== whole.length) {
    return [{ code: 'fullchain-length', file, expected: whole.length, got: fullchain.length }];
  }
  return fullchain.flatMap((certificate, index): readonly Finding[] => {
    if (whole[index]?.fingerprint256 === certificate.fingerprint256) return [];
    const expected = index === 0 ? 'cert.pem' : `certificate ${index} of chain.pem`;
    return [{ code: 'fullchain-differs', file, number: index + 1, title: titleOf(certificate), expected }];
  });
}

function nameProblems({ leaf }: Lineage, wanted: readonly string[], file: string): readonly Finding[] {
  const names = namesOf(leaf);
  return wanted
    .filter((name) => !covers(names, name))
    .map((name) => ({ code: 'name-not-covered', file, name, names }));
}

function dateProblems({ leaf, chain }: Lineage, at: PathOf, now: Date): readonly Finding[] {
  const ofChain = chain.flatMap((certificate, index) => {
    const which = `certificate ${index + 1} (${titleOf(certificate)})`;
    return periodProblems(certificate, now, { file: at('chain.pem'), which });
  });
  return [...periodProblems(leaf, now, { file: at('cert.pem'), which: null }), ...ofChain];
}

/** @param place `which` is null for the leaf */
function periodProblems(
  { validFrom, validTo }: X509Certificate,
  now: Date,
  place: { readonly file: string; readonly which: string | null },
): readonly Finding[] {
  const { file, which } = place;
  const isDated = ![validFrom, validTo].some((date) => Number.isNaN(Date.parse(date)));
  if (!isDated) return [{ code: 'dates-unreadable', ...place, dates: [validFrom, validTo] }];
  if (now.getTime() < Date.parse(validFrom) - CLOCK_DIFFERENCE_MS)
    return [{ code: 'not-valid-yet', ...place, from: timeOf(validFrom) }];
  if (now <= new Date(validTo)) return [];
  const expiredAt = timeOf(validTo);
  return [
    which === null
      ? { code: 'leaf-expired', file, at: expiredAt }
      : { code: 'issuer-expired', file, which, at: expiredAt },
  ];
}

/** How a certificate is called in a message: a leaf may have no subject (RFC 5280, section 4.1.2.6). */
function titleOf({ subject, serialNumber }: X509Certificate): string {
  return subject ? nameOf(subject) : `serial ${serialNumber}`;
}

/** Node.js puts each part of a distinguished name on a line of its own. */
function nameOf(distinguishedName: string): string {
  return distinguishedName.split('\n').join(', ');
}
