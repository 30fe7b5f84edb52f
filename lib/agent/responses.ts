import { expectedFindings } from '../base/expected.ts';
import type { Webroot } from '../challenge/webroot.ts';
import { deadline } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';

/** Reads the response to a challenge from this node's webroot; null: it is not there, or the file system does not tell in time. */
export type Responses = (token: string) => Promise<string | null>;

/** A local disk answers in less than a millisecond; who asks waits for peers as well. */
const READ_TIMEOUT_MS = 500;
/** Each that hangs holds one of four threads. */
const MAX_READS = 2;

/** Many may ask at once: two read, the others wait for their turn. */
export function createResponses(
  webroot: Pick<Webroot, 'read' | 'directory'>,
  timeoutMs: number = READ_TIMEOUT_MS,
): Responses {
  let reads = 0;
  const waiting = new Set<() => void>();

  const ended = () => {
    reads -= 1;
    const [next] = waiting;
    next?.();
  };

  const turn = async (signal: AbortSignal): Promise<boolean> =>
    await new Promise((resolve) => {
      const begin = () => {
        waiting.delete(begin);
        reads += 1;
        resolve(true);
      };
      if (reads < MAX_READS) return begin();
      waiting.add(begin);
      signal.addEventListener('abort', () => resolve(!waiting.delete(begin)), { once: true });
    });

  return async (token) => {
    const signal = deadline(timeoutMs);
    if (!(await turn(signal))) return null;
    if (signal.aborted) {
      ended();
      return null;
    }
    try {
      return await unlessHung(
        webroot.directory,
        signal,
        async () => (await webroot.read(token).finally(ended))?.keyAuthorization ?? null,
      );
    } catch (error) {
      expectedFindings(error);
      return null;
    }
  };
}
