import { explainNetworkError, type NetworkFailure } from '../net/network-error.ts';
import type { Route } from './ca-route.ts';
import { ask, type Answer } from './ask-as-ca.ts';
import { follow, type Hop, type RedirectRules } from './redirect.ts';
import type { Finding } from '../findings/register.ts';

/** What came of a fetch: the final answer, or why there is none. */
export type Fetched =
  (Answer & Asked) | { readonly refusal: Finding } | ({ readonly failure: NetworkFailure } & Asked);

interface Asked {
  readonly url: URL;
  /** whether a redirect has led there */
  readonly isRedirected: boolean;
}

export interface FetchOptions extends Pick<RedirectRules, 'ports'> {
  /** connects to the target, or to where a redirect leads away from it */
  readonly routeTo: (url: URL) => Promise<Route>;
  readonly signal: AbortSignal;
}

/** What Let's Encrypt documents. Its code follows an eleventh. */
const MAX_REDIRECTS = 10;

/**
 * Fetches a challenge's response as Let's Encrypt's validator does (boulder, va/http.go), rule by rule as in
 * docs/hook-contract.md. Rejects when the signal aborts, and for a bug.
 */
export async function fetchAsCa(start: URL, { routeTo, ports, signal }: FetchOptions): Promise<Fetched> {
  const rules = { identifier: start.hostname, ports };
  const visited = new Set<string>();
  let hop: Hop = { url: start, host: start.host };
  let referrer: Hop | null = null;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const asked = { url: hop.url, isRedirected: redirects > 0 };
    visited.add(spellingOf(hop));
    const answer = await attempt(
      async () => await ask(await routeTo(asked.url), hop, { referrer, signal }),
      signal,
    );
    if ('failure' in answer) return { ...answer, ...asked };
    if (answer.location === '') return { ...answer, ...asked };
    const next = follow(answer.location, hop, rules);
    if ('code' in next) return { refusal: next };
    if (visited.has(spellingOf(next))) return { refusal: { code: 'redirect-circle', to: next.url.href } };
    [referrer, hop] = [hop, next];
  }
  return { refusal: { code: 'too-many-redirects', max: MAX_REDIRECTS } };
}

async function attempt(
  request: () => Promise<Answer>,
  signal: AbortSignal,
): Promise<Answer | { readonly failure: NetworkFailure }> {
  try {
    return await request();
  } catch (error) {
    const failure = signal.aborted ? null : explainNetworkError(error);
    if (failure === null) throw error;
    return { failure };
  }
}

/** Go takes `http://a/` and `http://a:80/` for two. */
function spellingOf({ url, host }: Hop): string {
  return `${url.protocol}//${host}${url.pathname}${url.search}${url.hash}`;
}
