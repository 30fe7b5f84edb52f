/**
 * The results of work on each of many, so many at once, in their order. A work is begun when it has its turn: thousands that wait in a
 * queue take kilobytes each, and make the garbage collector let a heap grow.
 * @throws what the first work throws that fails; no further one is begun then
 */
export async function eachInTurn<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results = Array.from<Result>({ length: items.length });
  // One list, of which each worker takes the next.
  const left = items.entries();
  let isFailed = false;
  const worker = async (): Promise<void> => {
    for (const [index, item] of left) {
      if (isFailed) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        isFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
