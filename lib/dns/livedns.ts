import type { Dispatcher } from 'undici';
import { CertbotHaError } from '../base/errors.ts';
import type { Finding } from '../findings/register.ts';
import { readAtMost } from '../net/body.ts';
import { createCaller } from '../net/caller.ts';
import { explainNetworkError } from '../net/network-error.ts';
import { request } from '../net/undici.ts';
import { within } from '../system/deadline.ts';
import { pause } from '../system/pause.ts';
import { isFinal, readValues, refusalOf, retryAfter, type Answer } from './livedns-answers.ts';

/** Gandi's LiveDNS, version 5 (https://api.gandi.net/docs/livedns/): the TXT records of one name at a time. */
export interface LiveDns {
  /** Its values, as they are written in a zone file; none where there is no record. */
  values(place: Place, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Puts these in the place of all that are there; none: takes the record away.
   * @param onUnsure called when an attempt had no answer, or one that does not tell whether it was carried out
   */
  replace(place: Place, values: readonly string[], signal: AbortSignal, onUnsure: () => void): Promise<void>;
  /** Ends what is open; no call may follow. */
  close(): Promise<void>;
}

export interface Place {
  readonly zone: string;
  /** relative to the zone; `@`: the zone's own */
  readonly name: string;
}

export interface LiveDnsOptions {
  readonly apiUrl: string;
  readonly token: string;
  /** where the token is from, for what is said of it */
  readonly tokenFile: string;
}

/** The least that LiveDNS takes. */
const TTL = 300;
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_BYTES = 65_536;
const ATTEMPTS = 3;
const PAUSE_MS = 1_000;

type Method = 'GET' | 'PUT' | 'DELETE';

/** Every call rejects with a {CertbotHaError} `failed` for what the API or the network does, and when its signal aborts. */
export function createLiveDns(options: LiveDnsOptions): LiveDns {
  const { dispatcher, close } = createCaller({ connectMs: REQUEST_TIMEOUT_MS, connections: 4 });
  const ask = async (question: Question, signal: AbortSignal): Promise<Answer> =>
    await asked(dispatcher, question, options, signal);
  return {
    values: async (place, signal) => {
      const answer = await ask({ method: 'GET', place }, signal);
      if (answer.status === 404) return [];
      return readValues(must(answer, place, options), options);
    },
    replace: async (place, values, signal, onUnsure) => {
      if (values.length > 0) {
        const body = { rrset_ttl: TTL, rrset_values: values };
        must(await ask({ method: 'PUT', place, body, onUnsure }, signal), place, options);
        return;
      }
      const answer = await ask({ method: 'DELETE', place, onUnsure }, signal);
      // Somebody else has taken it away.
      if (answer.status !== 404) must(answer, place, options);
    },
    close,
  };
}

interface Question {
  readonly method: Method;
  readonly place: Place;
  readonly body?: object;
  /** called for an answer that does not tell whether it was carried out, and where there is none */
  readonly onUnsure?: () => void;
}

/** Asks again where that may help: LiveDNS or the network is in trouble, or asks for a pause that there is time for. */
async function asked(
  dispatcher: Dispatcher,
  question: Question,
  options: LiveDnsOptions,
  signal: AbortSignal,
): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await once(dispatcher, question, options, signal);
    const isFailure = 'code' in answer;
    if (isFailure || answer.status >= 500) question.onUnsure?.();
    if (!isFailure && isFinal(answer)) return answer;
    if (attempt < ATTEMPTS) {
      const seconds = isFailure ? null : answer.retryAfter;
      await pause(seconds === null ? PAUSE_MS : seconds * 1000, signal);
    }
    if (attempt < ATTEMPTS && !signal.aborted) continue;
    if (isFailure) throw new CertbotHaError('failed', answer);
    return answer;
  }
}

async function once(
  dispatcher: Dispatcher,
  { method, place, body }: Question,
  { apiUrl, token }: LiveDnsOptions,
  signal: AbortSignal,
): Promise<Answer | Finding> {
  const { zone, name } = place;
  const path = ['v5', 'livedns', 'domains', zone, 'records', name, 'TXT'];
  const url = new URL(`/${path.map(encodeURIComponent).join('/')}`, apiUrl);
  try {
    const answer = await request(dispatcher, url, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        'user-agent': 'certbot-ha',
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: within(signal, REQUEST_TIMEOUT_MS),
    });
    const bytes = await readAtMost(answer.body, MAX_BYTES);
    return {
      status: answer.statusCode,
      text: bytes.toString('utf8'),
      retryAfter: retryAfter(answer.headers['retry-after']),
    };
  } catch (error) {
    const seen = explainNetworkError(error);
    if (seen === null && !signal.aborted) throw error;
    return { code: 'dns-api-silent', api: url.host, error: seen?.error ?? 'TimeoutError' };
  }
}

/** @throws {CertbotHaError} `failed` unless it went well */
function must(answer: Answer, { zone }: Place, { apiUrl, tokenFile, token }: LiveDnsOptions): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  const api = new URL(apiUrl).host;
  throw new CertbotHaError('failed', refusalOf(answer, { api, zone, tokenFile, token }));
}
