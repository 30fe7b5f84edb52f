const MAX_LINES = 5;
const MAX_CHARS = 200;

/** The end of what a program has said. */
export function lastLinesOf(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '')
    .slice(-MAX_LINES)
    .map((line) => line.slice(0, MAX_CHARS));
}
