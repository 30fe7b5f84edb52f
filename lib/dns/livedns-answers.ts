import * as v from 'valibot';
import { reader } from '../base/checked.ts';
import { CertbotHaError } from '../base/errors.ts';
import type { Finding } from '../findings/register.ts';

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** seconds; null: it does not say */
  readonly retryAfter: number | null;
}

const readRecord = reader(v.object({ rrset_values: v.array(v.string()) }));
const readProblem = reader(v.object({ message: v.string() }));

const MAX_SAID_CHARS = 200;
/** Whoever is to wait for longer is told so. */
const MAX_RETRY_AFTER_S = 20;

/** Whether asking again would not help. */
export function isFinal({ status, retryAfter: seconds }: Answer): boolean {
  if (status === 429) return seconds === null || seconds > MAX_RETRY_AFTER_S;
  return status < 500;
}

/** The header's seconds; null: there is none, or a date. */
export function retryAfter(header: string | readonly string[] | undefined): number | null {
  return typeof header === 'string' && /^\d{1,6}$/.test(header) ? Number(header) : null;
}

/** The values of a TXT record. @throws {CertbotHaError} `failed` for an answer of another form */
export function readValues({ text }: Answer, { apiUrl }: { readonly apiUrl: string }): readonly string[] {
  const record = readRecord(jsonOf(text));
  if (record !== null) return record.rrset_values;
  throw new CertbotHaError('failed', { code: 'dns-api-odd', api: new URL(apiUrl).host });
}

/** What an answer that is no success means. */
export function refusalOf(
  { status, text, retryAfter: seconds }: Answer,
  at: {
    readonly api: string;
    readonly zone: string;
    readonly tokenFile: string;
    readonly token: string;
  },
): Finding {
  const { api, zone, tokenFile: file, token } = at;
  switch (status) {
    case 401:
      return { code: 'dns-token-refused', api, file };
    case 403:
      return { code: 'dns-token-forbidden', api, file, zone };
    case 404:
      return { code: 'dns-api-without-zone', api, zone };
    case 429:
      return { code: 'dns-api-limit', api, seconds };
    default: {
      const message = readProblem(jsonOf(text))?.message.replaceAll(token, '…').slice(0, MAX_SAID_CHARS);
      return { code: 'dns-api-failed', api, zone, status, said: message === undefined ? [] : [message] };
    }
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
