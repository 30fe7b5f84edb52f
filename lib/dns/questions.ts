import { CertbotHaError, hasErrorCode } from '../base/errors.ts';
import { expectedFindings } from '../base/expected.ts';
import type { Finding } from '../findings/register.ts';

/** What a resolver is asked. Each question is asked once, whoever asks it again. */
export interface Questions {
  /** the name that this one is an alias of; null: of none */
  cname(name: string): Promise<string | null>;
  /** the name of the zone's primary server; null: no zone begins here */
  primary(name: string): Promise<string | null>;
  /** the names of the zone's servers */
  servers(zone: string): Promise<readonly string[]>;
  /** never rejects for want of an answer */
  addresses(name: string): Promise<Addresses>;
}

export interface Addresses {
  /** IPv6 and IPv4; none where there are none */
  readonly addresses: readonly string[];
  /** why there may be more: a resolver gave no answer; absent: these are all */
  readonly unresolved?: Finding;
}

const ATTEMPT = { timeout: 3_000, tries: 2 };

type Kind = 'CNAME' | 'SOA' | 'NS' | 'A' | 'AAAA';

/**
 * Asks resolvers, or this host's where none are named.
 * @param resolvers addresses, each with a port where it has one of its own
 * @param signal ends all questions
 */
export async function createQuestions(resolvers: readonly string[], signal: AbortSignal): Promise<Questions> {
  const { Resolver } = await import('node:dns/promises');
  const resolver = new Resolver(ATTEMPT);
  if (resolvers.length > 0) resolver.setServers(resolvers);
  signal.addEventListener('abort', () => resolver.cancel(), { once: true });

  const asked = new Map<string, Promise<readonly string[]>>();
  /** Rejects for want of an answer; that there is no such name or record is one. */
  const ask = (kind: Kind, name: string, question: () => Promise<readonly string[]>) => {
    const key = `${kind} ${name}`;
    const answer = asked.get(key) ?? answerTo(kind, name, question);
    asked.set(key, answer);
    return answer;
  };
  const answerTo = async (kind: Kind, name: string, question: () => Promise<readonly string[]>) => {
    try {
      // What is asked after `cancel` would be answered.
      return signal.aborted ? unanswered(kind, name, 'ECANCELLED') : await question();
    } catch (error) {
      if (hasErrorCode(error, 'ENODATA', 'ENOTFOUND')) return [];
      if (error instanceof CertbotHaError || !(error instanceof Error) || !('code' in error)) throw error;
      return unanswered(kind, name, String(error.code));
    }
  };
  const unanswered = (kind: Kind, name: string, error: string): never => {
    throw new CertbotHaError('failed', {
      code: 'dns-resolver-failed',
      name,
      kind,
      error: error.replace(/^E/, ''),
      resolvers: resolver.getServers(),
    });
  };
  const orWhy = async (answer: Promise<readonly string[]>): Promise<Addresses> => {
    try {
      return { addresses: await answer };
    } catch (error) {
      return { addresses: [], unresolved: expectedFindings(error)[0] };
    }
  };
  return {
    cname: async (name) => {
      const [target] = await ask('CNAME', name, async () => await resolver.resolveCname(name));
      return target === undefined ? null : plain(target);
    },
    primary: async (name) => {
      const [primary] = await ask('SOA', name, async () => [(await resolver.resolveSoa(name)).nsname]);
      return primary === undefined ? null : plain(primary);
    },
    servers: async (zone) =>
      (await ask('NS', zone, async () => await resolver.resolveNs(zone))).map(plain).toSorted(),
    addresses: async (name) => {
      const [six, four] = await Promise.all([
        orWhy(ask('AAAA', name, async () => await resolver.resolve6(name))),
        orWhy(ask('A', name, async () => await resolver.resolve4(name))),
      ]);
      return { ...six, ...four, addresses: [...six.addresses, ...four.addresses] };
    },
  };
}

function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
