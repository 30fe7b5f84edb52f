import { CertbotHaError, hasErrorCode } from '../base/errors.ts';

/** What a resolver is asked. Each question is asked once, whoever asks it again. */
export interface Questions {
  /** the name that this one is an alias of; null: of none */
  cname(name: string): Promise<string | null>;
  /** the name of the zone's primary server; null: no zone begins here */
  primary(name: string): Promise<string | null>;
  /** the names of the zone's servers */
  servers(zone: string): Promise<readonly string[]>;
  /** IPv6 and IPv4; none where there are none, or they could not be had */
  addresses(name: string): Promise<readonly string[]>;
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
  const orNone = async (answer: Promise<readonly string[]>) => await answer.catch(() => []);
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
      const six = orNone(ask('AAAA', name, async () => await resolver.resolve6(name)));
      const four = orNone(ask('A', name, async () => await resolver.resolve4(name)));
      return [...(await six), ...(await four)];
    },
  };
}

function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
