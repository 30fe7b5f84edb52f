import { randomBytes } from 'node:crypto';
import pLimit from 'p-limit';
import { CertbotHaError } from '../base/errors.ts';
import type { Finding } from '../findings/register.ts';
import { isHostName } from '../net/address.ts';
import { mayBePublic } from '../net/public-name.ts';
import { createQuestions, type Addresses, type Questions } from './questions.ts';

/** A server of a zone: its name, and all its addresses. */
export interface NameServer extends Addresses {
  readonly name: string;
}

/** A CNAME record on the way to a record, and who will be asked for it. */
export interface Link {
  readonly name: string;
  readonly to: string;
  readonly zone: string;
  readonly servers: readonly NameServer[];
}

/** Where a record has to be written, and who will be asked for it. */
export interface Zone {
  /** where CNAMEs lead to from the name that was asked for, or that name */
  readonly name: string;
  readonly zone: string;
  /** the server that the zone's SOA names (MNAME) */
  readonly primary: NameServer;
  /** all that the zone's NS records name */
  readonly servers: readonly NameServer[];
  /** from the name that was asked for to `name`; absent: they were not looked up */
  readonly links?: readonly Link[] | undefined;
}

export type FoundZone =
  { readonly isOk: true; readonly zone: Zone } | { readonly isOk: false; readonly reason: Finding };

export interface ZoneOptions {
  /** who is asked: addresses, each with a port where it has one of its own; none: this host's resolvers */
  readonly resolvers: readonly string[];
  readonly signal: AbortSignal;
}

interface FindOptions extends ZoneOptions {
  /** default false */
  readonly withLinks?: boolean;
}

/** Let's Encrypt's resolver follows no more than 11. */
const MAX_CNAMES = 8;
const AT_ONCE = 20;
/** The first label of names that nobody has given a record, and no longer than that of a challenge's. */
const NOBODYS = `_acme-${randomBytes(4).toString('hex')}`;

/** The zone of each name, in their order. Never throws for what DNS does. */
export async function findZones(
  names: readonly string[],
  { resolvers, signal, withLinks = false }: FindOptions,
): Promise<readonly FoundZone[]> {
  const questions = await createQuestions(resolvers, signal);
  const limit = pLimit(AT_ONCE);
  return await limit.map(names, async (name) => await findZone(name, questions, withLinks));
}

async function findZone(name: string, questions: Questions, withLinks: boolean): Promise<FoundZone> {
  try {
    const through = await followed(name, questions);
    const target = through.at(-1) ?? name;
    const { zone, primary } = await zoneAbove(target, questions);
    const named = async (server: string) => ({ name: server, ...(await questions.addresses(server)) });
    const serversOf = async (of: string) => await Promise.all((await questions.servers(of)).map(named));
    const link = async (to: string, index: number): Promise<Link> => {
      const from = through[index] ?? name;
      const at = await zoneAbove(from, questions);
      return { name: from, to, zone: at.zone, servers: await serversOf(at.zone) };
    };
    const links = withLinks ? await Promise.all(through.slice(1).map(link)) : undefined;
    const place = { name: target, zone, primary: await named(primary), servers: await serversOf(zone) };
    return { isOk: true, zone: { ...place, links } };
  } catch (error) {
    const [reason] = error instanceof CertbotHaError ? error.findings : [];
    if (reason === undefined) throw error;
    return { isOk: false, reason };
  }
}

/** The name, and where its CNAME records lead, one after the other. */
async function followed(name: string, questions: Questions): Promise<readonly string[]> {
  const through = [name];
  for (let at = name; ;) {
    const next = await questions.cname(at);
    if (next === null || (await isOfAll(at, next, questions))) return through;
    // It comes from DNS, and goes into what programs read.
    if (!isHostName(next))
      throw new CertbotHaError('failed', { code: 'dns-cname-odd', name: at, target: next });
    through.push(next);
    if (through.indexOf(next) < through.length - 1)
      throw new CertbotHaError('failed', { code: 'dns-cname-loop', through });
    if (through.length > MAX_CNAMES + 1)
      throw new CertbotHaError('failed', { code: 'dns-cnames-too-many', name, atMost: MAX_CNAMES });
    at = next;
  }
}

/**
 * Whether a wildcard gives this CNAME record to every name that has no record of its own. One that is published is such a
 * record, and the wildcard's target is a web server as a rule.
 */
async function isOfAll(name: string, target: string, questions: Questions): Promise<boolean> {
  const sibling = name.replace(/^[^.]*/, NOBODYS);
  return (await questions.cname(sibling)) === target;
}

/** The nearest zone, by SOA: the name's own, or that of a name above it. */
async function zoneAbove(
  name: string,
  questions: Questions,
): Promise<{ readonly zone: string; readonly primary: string }> {
  const labels = name.split('.');
  for (const zone of labels.map((_, index) => labels.slice(index).join('.'))) {
    // An alias is no zone, and the answer about one would be of the other name's zone.
    if ((await questions.cname(zone)) !== null) continue;
    const primary = await questions.primary(zone);
    if (primary === null) continue;
    // A domain that nobody has registered is in its registry's zone.
    if (!zone.includes('.') && mayBePublic(name)) break;
    return { zone, primary };
  }
  throw new CertbotHaError('failed', { code: 'dns-zone-missing', name });
}
