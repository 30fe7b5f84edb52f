import type { Target } from '../cluster/target.ts';
import type { Finding } from '../findings/register.ts';
import { networkFinding } from '../net/network-error.ts';
import { MAX_BODY_BYTES } from './ask-as-ca.ts';
import { explainAnswer, shortened, type Answered } from './explain-answer.ts';
import type { Fetched } from './fetch-as-ca.ts';
import type { ProbeResult } from './probe.ts';
import { portOf } from './redirect.ts';

/** What Go's unicode.IsSpace knows: not JavaScript's `\s`, which has a byte order mark and lacks U+0085. */
const WHITE_SPACE = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/;

/** What a fetch says of the target. Only one to whose first request nothing answered is silent: the CA follows redirects too. */
export function judgeAnswer(fetched: Fetched, target: Target, keyAuthorization: string): ProbeResult {
  if ('refusal' in fetched) return { state: 'failing', reason: fetched.refusal };
  if ('failure' in fetched) return explainFailure(fetched, target);
  const text = fetched.body.toString('utf8').replace(WHITE_SPACE, '');
  const isWhole = fetched.status === 200 && fetched.body.length < MAX_BODY_BYTES;
  if (isWhole && text === keyAuthorization) return { state: 'served' };
  return {
    state: 'failing',
    reason: explainAnswer(fetched, target) ?? explainBody(fetched, text, keyAuthorization),
  };
}

type Failed = Extract<Fetched, { readonly failure: unknown }>;

function explainFailure(
  { failure, url, isRedirected }: Failed,
  { kind: who, httpPort }: Target,
): ProbeResult {
  const { code: seen, error, isEmpty = false } = failure;
  if (isRedirected) {
    const reason: Finding = {
      code: 'redirect-leads-nowhere',
      to: url.origin,
      port: portOf(url),
      seen,
      error,
    };
    return { state: 'failing', reason };
  }
  if (isEmpty || seen === 'connection-reset') {
    return { state: 'failing', reason: { code: 'closed-without-answer', port: httpPort } };
  }
  const reason = networkFinding(failure, { who, port: httpPort });
  return { state: failure.isSilent ? 'silent' : 'failing', reason };
}

function explainBody({ body }: Answered, text: string, keyAuthorization: string): Finding {
  if (body.length >= MAX_BODY_BYTES) return { code: 'body-too-long', maxBytes: MAX_BODY_BYTES };
  return { code: 'body-differs', expected: shortened(keyAuthorization), got: shortened(text) };
}
