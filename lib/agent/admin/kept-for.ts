/** What it makes is for all who ask while it is made, and so long afterwards. @param ms milliseconds */
export function keptFor<T>(ms: number, make: () => Promise<T>): () => Promise<T> {
  let [kept, untilMs]: [Promise<T> | null, number] = [null, Infinity];
  return async () => {
    if (kept === null || performance.now() > untilMs) {
      untilMs = Infinity;
      kept = make().finally(() => {
        untilMs = performance.now() + ms;
      });
    }
    return await kept;
  };
}
