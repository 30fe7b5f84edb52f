/** A line or, with what a program has said below it, several. Lower case, no full stop, the object and its value in it. */
export type Words = string | readonly string[];

/** The findings of one area: a code, and the words for its arguments, which are JSON values. */
export type Area = Readonly<Record<string, (finding: never) => Words>>;

/** As a value stands in a message. */
export function quoted(value: string): string {
  return JSON.stringify(value);
}

/** Without what would move a cursor or turn the text about, whoever has written it. */
export function printable(text: string): string {
  // The classes of Unicode take a millisecond to compile, which a hook's start can do without.
  return /^[\x20-\x7e]*$/.test(text) ? text : text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ');
}

/** One word of a command for an operator to paste into bash, zsh or sh, whoever it comes from. */
export function shellWord(text: string): string {
  // To zsh, =word is where that program is.
  return /^(?!=)[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

const MAX_SHOWN = 3;

/** `a, b, c and 4 more` */
export function some(values: readonly string[]): string {
  const more = values.length - MAX_SHOWN;
  const shown = values.slice(0, MAX_SHOWN).join(', ') || 'none';
  return more > 0 ? `${shown} and ${more} more` : shown;
}

export function list(values: readonly string[], otherwise: string): string {
  return values.join(', ') || otherwise;
}
