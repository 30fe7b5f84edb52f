const MARKS = /[\p{M}\p{Cf}\p{Cc}]/u;
/** The first of those that terminals draw over two columns, Hangul's. Of narrow ones behind it too much is no harm. */
const FIRST_WIDE = 0x11_00;
const NARROW_AGAIN = /[\u1e00-\u2e7f]/u;

/** How many columns of a terminal a text takes, or a few less. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

/** What of a text fits into so many columns: all, or its beginning and an ellipsis. */
export function cutTo(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let [width, kept] = [0, ''];
  for (const character of text) {
    width += columnsOf(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

function columnsOf(character: string): number {
  if (MARKS.test(character)) return 0;
  const isWide = (character.codePointAt(0) ?? 0) >= FIRST_WIDE && !NARROW_AGAIN.test(character);
  return isWide ? 2 : 1;
}
