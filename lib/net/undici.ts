// undici's own entry loads fetch, caches, mocks and WebSockets, which cost a hook some 30 ms at each
// start (docs/decisions/0003-undici.md). These are the parts of it that are used.
import sendRequest from 'undici/lib/api/api-request.js';
import type { Dispatcher } from 'undici';

export { default as Agent } from 'undici/lib/dispatcher/agent.js';
export { default as Client } from 'undici/lib/dispatcher/client.js';
export { default as buildConnector } from 'undici/lib/core/connect.js';

type RequestOptions = Omit<Dispatcher.RequestOptions, 'origin' | 'path' | 'method'> & {
  readonly method?: Dispatcher.HttpMethod;
};

/**
 * One request through the dispatcher; the body of the answer has to be read or destroyed.
 * Rejects as soon as the signal aborts: undici alone would first wait for the connection, however long that takes.
 */
export async function request(
  dispatcher: Dispatcher,
  url: URL,
  options: RequestOptions & { readonly signal: AbortSignal },
): Promise<Dispatcher.ResponseData> {
  const { signal } = options;
  signal.throwIfAborted();
  let onAbort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason as Error);
  });
  signal.addEventListener('abort', onAbort, { once: true });
  const { origin, pathname, search } = url;
  const answer = sendRequest.call(dispatcher, { method: 'GET', ...options, origin, path: pathname + search });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
