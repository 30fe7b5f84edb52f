import type { HookIo, Progress } from './io.ts';

type Looking = Pick<HookIo, 'progress'>;

/** Does what lasts, and says meanwhile what is waited for. */
export async function waitingFor<T>(
  what: Parameters<Progress['waitFor']>[0],
  { progress }: Looking,
  work: () => Promise<T>,
): Promise<T> {
  return await until(progress?.waitFor(what), work);
}

/** Does what has the terminal for itself. */
export async function pausing<T>({ progress }: Looking, work: () => Promise<T>): Promise<T> {
  return await until(progress?.pause(), work);
}

async function until<T>(over: (() => void) | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    over?.();
  }
}
