import type { Readable } from 'node:stream';
import { CertbotHaError } from '../base/errors.ts';
import { expectedFindings } from '../base/expected.ts';
import { failure, OK, type Outcome } from '../base/outcome.ts';
import type { Receiver } from '../cluster/receivers.ts';
import { createCaller } from '../net/caller.ts';
import { explainNetworkError, networkFinding } from '../net/network-error.ts';
import { request } from '../net/undici.ts';
import { deadline } from '../system/deadline.ts';
import { mailFor, runProgram } from './programs.ts';
import { requestFor } from './requests.ts';
import type { Message } from './text.ts';
import { urlOf } from './url-file.ts';

/** For one receiver, whatever it does. */
const DELIVER_TIMEOUT_MS = 10_000;

export interface DeliverOptions {
  readonly env: NodeJS.ProcessEnv;
  /** milliseconds; default 10 s */
  readonly timeoutMs?: number;
}

/** Sends one message to one receiver. Resolves whatever that one does. */
export async function deliver(
  receiver: Receiver,
  message: Message,
  { env, timeoutMs = DELIVER_TIMEOUT_MS }: DeliverOptions,
): Promise<Outcome> {
  const options = { env, timeoutMs };
  if (receiver.kind === 'mail')
    return await runProgram(['sendmail', '-i', '-t'], mailFor(receiver.address, message), options);
  if (receiver.kind === 'command') return await runProgram(receiver.argv, `${message.json}\n`, options);
  return await deliverTo(receiver, message, timeoutMs);
}

async function deliverTo(
  { kind, url: given }: Extract<Receiver, { readonly url: unknown }>,
  message: Message,
  timeoutMs: number,
): Promise<Outcome> {
  let url;
  try {
    url = urlOf(given);
  } catch (error) {
    if (!(error instanceof CertbotHaError)) throw error;
    return failure(expectedFindings(error)[0]);
  }
  const { url: target, ...options } = requestFor(kind, url, message);
  const { dispatcher, close } = createCaller({ connectMs: timeoutMs, connections: 1 });
  try {
    const answer = await request(dispatcher, target, { ...options, signal: deadline(timeoutMs) });
    drop(answer.body);
    return judge(answer.statusCode, answer.headers['location']);
  } catch (error) {
    const seen = explainNetworkError(error);
    if (seen === null) throw error;
    return failure(networkFinding(seen, { who: 'receiver', port: portOf(target) }));
  } finally {
    await close();
  }
}

/** What it says may be the URL again, with all that is secret in it, and is not read. */
function drop(body: Readable): void {
  body.on('error', () => undefined).destroy();
}

function judge(status: number, location: string | readonly string[] | undefined): Outcome {
  if (status >= 200 && status < 300) return OK;
  if (status >= 300 && status < 400 && location !== undefined)
    return failure({ code: 'receiver-redirects', status, to: hostOf(String(location)) });
  return failure({ code: 'receiver-refuses', status });
}

function hostOf(location: string): string {
  return URL.canParse(location) ? new URL(location).host : 'another path';
}

function portOf({ protocol, port }: URL): number {
  return Number(port || (protocol === 'https:' ? 443 : 80));
}

/** What a receiver is called where people read it: of its URL the host alone. */
export function nameOf(receiver: Receiver): string {
  if (receiver.kind === 'mail') return `mail ${receiver.address}`;
  if (receiver.kind === 'command') return `command ${receiver.argv[0] ?? ''}`;
  const { kind, url } = receiver;
  return `${kind} ${typeof url === 'string' ? new URL(url).host : url.file}`;
}
