/** The same answer for everybody: the work begins when the first asks. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let working: Promise<T> | null = null;
  return async () => await (working ??= work());
}
