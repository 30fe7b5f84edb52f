/**
 * What all of them resolve to. Rejects where one of them does, as the first of those, and not before all have ended: what they work with may
 * be closed, or taken away, then.
 */
export async function allEnded<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(work);
  return await Promise.all(work);
}

/**
 * The same for work that belongs together: the first that rejects ends the others by their signal, and what it has rejected with is thrown.
 * @param signal ends all of it
 */
export async function allEndedByFirst<T>(
  signal: AbortSignal,
  work: readonly ((signal: AbortSignal) => Promise<T>)[],
): Promise<readonly T[]> {
  const failed = new AbortController();
  const ending = AbortSignal.any([signal, failed.signal]);
  const begun = work.map(async (each) => {
    try {
      return await each(ending);
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(begun);
  if (failed.signal.aborted) throw failed.signal.reason;
  return await Promise.all(begun);
}
