import { isLoopbackUrl } from '../../cluster/transport-settings.ts';
import type { Finding } from '../../findings/register.ts';
import { readAtMost } from '../../net/body.ts';
import { createCaller } from '../../net/caller.ts';
import { explainNetworkError, networkFinding } from '../../net/network-error.ts';
import { request } from '../../net/undici.ts';
import { within } from '../../system/deadline.ts';

/** What Syncthing answers; JSON, where the call has any. */
export type Answered =
  { readonly isOk: true; readonly body: unknown } | { readonly isOk: false; readonly reason: Finding };

/** The REST API of this node's Syncthing. Resolves whatever that does. */
export interface SyncthingApi {
  get(path: string, signal: AbortSignal): Promise<Answered>;
  post(path: string, signal: AbortSignal): Promise<Answered>;
  close(): Promise<void>;
}

export interface ApiOptions {
  /** as the configuration has it */
  readonly url: string;
  readonly key: string;
  /** for messages */
  readonly keyFile: string;
}

const CONNECT_TIMEOUT_MS = 3_000;
/** A scan of one directory takes milliseconds, on a disk that is busy a second or two. */
const ANSWER_TIMEOUT_MS = 10_000;
/** The devices and folders of whoever has hundreds. */
const MAX_BYTES = 2_097_152;
const MAX_SAID = 200;

export function createSyncthingApi({ url, key, keyFile }: ApiOptions): SyncthingApi {
  const base = url.replace(/\/+$/, '');
  const port = portOf(new URL(url));
  const { dispatcher, close } = createCaller({
    connectMs: CONNECT_TIMEOUT_MS,
    connections: 2,
    // Syncthing makes its own certificate, and on this host nobody is in between.
    isVerified: !isLoopbackUrl(url),
  });

  async function ask(method: 'GET' | 'POST', path: string, signal: AbortSignal): Promise<Answered> {
    const inTime = within(signal, ANSWER_TIMEOUT_MS);
    try {
      const answer = await request(dispatcher, new URL(base + path), {
        method,
        headers: { 'x-api-key': key, accept: 'application/json' },
        signal: inTime,
      });
      const bytes = await readAtMost(answer.body, MAX_BYTES);
      const { location } = answer.headers;
      // Its port speaks both, and leads whoever comes unencrypted to the other.
      if (String(location).startsWith('https:')) return failed({ code: 'syncthing-wants-https', url });
      return judge(answer.statusCode, bytes);
    } catch (error) {
      // A signal that ends the call ends what it was waiting for.
      const code = 'no-answer-in-time';
      if (inTime.aborted) return failed({ code, who: 'syncthing', port, error: 'TimeoutError' });
      const seen = explainNetworkError(error);
      if (seen === null) throw error;
      return failed(networkFinding(seen, { who: 'syncthing', port }));
    }
  }

  function judge(status: number, bytes: Buffer): Answered {
    const text = bytes.toString('utf8');
    // It answers with 403 as well where a request comes by a name that it does not know.
    const isOfKey = status === 401 || (status === 403 && !/host check/i.test(text));
    if (isOfKey) return failed({ code: 'syncthing-key-refused', file: keyFile });
    if (status !== 200) return failed({ code: 'syncthing-refuses', status, said: firstLine(text) });
    if (text === '') return { isOk: true, body: null };
    try {
      if (bytes.length <= MAX_BYTES) return { isOk: true, body: JSON.parse(text) as unknown };
    } catch {
      // A page, or half an answer: told below.
    }
    return failed({ code: 'syncthing-not-understood', url });
  }

  return {
    get: async (path, signal) => await ask('GET', path, signal),
    post: async (path, signal) => await ask('POST', path, signal),
    close,
  };
}

function failed(reason: Finding): Answered {
  return { isOk: false, reason };
}

function firstLine(text: string): string {
  const [line = ''] = text.trim().split('\n');
  return line.slice(0, MAX_SAID) || 'no word why';
}

function portOf({ protocol, port }: URL): number {
  return Number(port || (protocol === 'https:' ? 443 : 80));
}
