/** More typing errors than that, and it is another word. */
const MAX_DISTANCE = 2;

/** The word that was probably meant, or null where none is near. */
export function nearest(typed: string, words: readonly string[]): string | null {
  const [best] = words
    // What is that much longer or shorter is another word, however long it is.
    .filter((word) => Math.abs(word.length - typed.length) <= MAX_DISTANCE)
    .map((word) => ({ word, distance: distance(typed, word) }))
    .filter(({ word, distance }) => distance <= Math.min(MAX_DISTANCE, word.length - 1))
    .toSorted((one, other) => one.distance - other.distance);
  return best?.word ?? null;
}

/** How many letters have to be put in, taken out, replaced, or swapped with their neighbour. */
function distance(one: string, other: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const isSame = one[row - 1] === other[column - 1];
      const isSwapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (beforeLast[column - 2] ?? Infinity) + 1 : Infinity,
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[other.length] ?? 0;
}
