import type { Target } from '../cluster/target.ts';
import type { Finding } from '../findings/register.ts';
import { networkFinding } from '../net/network-error.ts';
import { MAX_BODY_BYTES } from './ask-as-ca.ts';
import type { Fetched } from './fetch-as-ca.ts';
import type { ProbeResult } from './probe.ts';
import { portOf } from './redirect.ts';

/** What Go's unicode.IsSpace knows: not JavaScript's `\s`, which has a byte order mark and lacks U+0085. */
const WHITE_SPACE = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/;

/** What a fetch says of the target. Only one to whose first request nothing answered is silent: the CA follows redirects too. */
export function judgeAnswer(fetched: Fetched, target: Target, keyAuthorization: string): ProbeResult {
  if ('refusal' in fetched) return { state: 'failing', reason: fetched.refusal };
  if ('failure' in fetched) return explainFailure(fetched, target);
  const { status, body } = fetched;
  if (status !== 200) return { state: 'failing', reason: explainStatus(fetched) };
  if (body.length >= MAX_BODY_BYTES) {
    return { state: 'failing', reason: { code: 'body-too-long', maxBytes: MAX_BODY_BYTES } };
  }
  const text = body.toString('utf8').replace(WHITE_SPACE, '');
  if (text === keyAuthorization) return { state: 'served' };
  const [expected, got] = [shortened(keyAuthorization), shortened(text)];
  return { state: 'failing', reason: { code: 'body-differs', expected, got } };
}

type Failed = Extract<Fetched, { readonly failure: unknown }>;
type Answered = Extract<Fetched, { readonly status: number }>;

function explainFailure(
  { failure, url, isRedirected }: Failed,
  { kind: who, httpPort }: Target,
): ProbeResult {
  if (isRedirected) {
    const { code: seen, error } = failure;
    const reason: Finding = {
      code: 'redirect-leads-nowhere',
      to: url.origin,
      port: portOf(url),
      seen,
      error,
    };
    return { state: 'failing', reason };
  }
  const reason = networkFinding(failure, { who, port: httpPort });
  return { state: failure.isSilent ? 'silent' : 'failing', reason };
}

function explainStatus({ status, server: given, url, isRedirected }: Answered): Finding {
  const server = given.slice(0, 40).replace(/[^\x20-\x7e]/g, '?');
  const origin = isRedirected ? url.origin : null;
  if (status === 404) return { code: 'token-not-found', server, origin };
  if (status === 403) return { code: 'token-forbidden', server, origin };
  return { code: 'unexpected-status', status, server, origin };
}

function shortened(text: string): string {
  return text.length > 24 ? `${text.slice(0, 24)}…` : text;
}
