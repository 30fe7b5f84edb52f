// keepalived and nginx write their configurations alike: words, which end with a line or a semicolon, and blocks in braces.

export interface Statement {
  readonly words: readonly string[];
  /** what stands in its braces; null: it has none */
  readonly block: readonly Statement[] | null;
}

type Token = '{' | '}' | 'end' | { readonly word: string };

// A word that is in quotes, or a character behind a backslash, may be anything: with lines, but the end of one.
const BY_LINES = /(\n)|([{}])|((?:\\.|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\$\{\w*\}|[^\s{}])+)/g;
const BY_SEMICOLONS =
  /(;)|([{}])|#[^\n]*|((?:\\[^]|"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'|\$\{\w*\}|[^\s{};])+)/g;

/** The statements of a configuration that ends each with its line. A brace that is missing or too many matters to what is around it alone. */
export function statementsByLines(text: string): readonly Statement[] {
  return treeOf(tokensOf(text, BY_LINES));
}

/** The same where a semicolon ends a statement, and `#` begins a comment. */
export function statementsBySemicolons(text: string): readonly Statement[] {
  return treeOf(tokensOf(text, BY_SEMICOLONS));
}

/** All of them, those within blocks too, in their order. @param isEntered whether those in its block are among them */
export function* every(
  statements: readonly Statement[],
  isEntered: (statement: Statement) => boolean = () => true,
): Generator<Statement> {
  const waiting = [...statements].toReversed();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield next;
    for (const inner of (isEntered(next) && next.block?.toReversed()) || []) waiting.push(inner);
  }
}

function* tokensOf(text: string, pattern: RegExp): Generator<Token> {
  for (const [, end, brace, word] of text.matchAll(pattern)) {
    if (end !== undefined) yield 'end';
    else if (brace === '{' || brace === '}') yield brace;
    else if (word !== undefined) yield { word: word.replaceAll(/\\([^])|["']/g, '$1') };
  }
}

interface Growing {
  readonly words: readonly string[];
  block: Growing[] | null;
}

function treeOf(tokens: Iterable<Token>): readonly Statement[] {
  const root: Growing[] = [];
  const outer: Growing[][] = [];
  let current = root;
  let words: string[] = [];
  const end = () => {
    if (words.length > 0) current.push({ words, block: null });
    words = [];
  };
  for (const token of tokens) {
    if (token === 'end') end();
    else if (token === '}') {
      end();
      current = outer.pop() ?? current;
    } else if (token === '{') {
      end();
      // keepalived lets the brace stand on the next line.
      const last = current.at(-1);
      const opened = last?.block === null ? last : { words: [], block: null };
      if (opened !== last) current.push(opened);
      outer.push(current);
      opened.block = current = [];
    } else words.push(token.word);
  }
  end();
  return root;
}
