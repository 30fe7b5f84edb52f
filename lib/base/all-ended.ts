/**
 * What all of them resolve to. Rejects where one of them does, as the first of those, and not before all have ended: what they work with may
 * be closed, or taken away, then.
 */
export async function allEnded<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(work);
  return await Promise.all(work);
}
