/** The letters of options that have a value. */
const ATTACHED = /^-([cntw])([^=].*)$/s;

/** `-n1` as `-n` and `1`, as tail(1), head(1) and journalctl(1) take it: yargs takes a number so, and nothing else. */
export function detached(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  const before = end === -1 ? argv : argv.slice(0, end);
  const words = before.flatMap((word) => ATTACHED.exec(word)?.slice(1).map(dashed) ?? [word]);
  return [...words, ...argv.slice(before.length)];
}

function dashed(word: string, index: number): string {
  return index === 0 ? `-${word}` : word;
}
