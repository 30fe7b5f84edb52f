/**
 * yargs takes `help` for a question when it is the last word of a command line, and it may be a lineage's or a host's
 * name, or a mistake that must not end with 0. Behind `--` it is a word like others.
 */
export function keepHelpAWord(argv: readonly string[]): readonly string[] {
  if (argv.includes('--')) return argv;
  const isWord = (word: string, index: number) => !word.startsWith('-') && !WITH_VALUE.has(argv[index - 1]);
  const words = argv.flatMap((word, index) => (isWord(word, index) ? [index] : []));
  const last = words.at(-1);
  // `certbot-ha help` is a question.
  if (last === undefined || words.length === 1 || argv[last] !== 'help') return argv;
  return [...argv.slice(0, last), ...argv.slice(last + 1), '--', 'help'];
}

/** They take the word behind them as their value. */
const WITH_VALUE: ReadonlySet<string | undefined> = new Set(
  '--config --wait --node --vip --webroot --web-server --transport --keepalived'.split(' '),
);
