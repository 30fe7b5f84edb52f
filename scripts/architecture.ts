/** What docs/architecture.md says in its tables, for those who hold the code against it. */
export interface Architecture {
  /** from the ground up */
  readonly layers: readonly Layer[];
  /** room to what it holds */
  readonly sentences: ReadonlyMap<string, string>;
  /** room to whether the agent may import it, and why or why not */
  readonly agent: ReadonlyMap<string, { readonly isAllowed: boolean; readonly reason: string }>;
}

export interface Layer {
  /** as in `L2` */
  readonly name: string;
  /** in their order */
  readonly rooms: readonly string[];
  /** what stands there */
  readonly holds: string;
  /** whether a room may import those that are named before it on the same line; else it knows no neighbour */
  readonly isOrdered: boolean;
}

const NEIGHBOURS = new Map([
  ['those before it', true],
  ['none', false],
]);
const ANSWERS = new Map([
  ['yes', true],
  ['no', false],
]);

/** Reads the tables below the three headings; a table or cell that is missing is an error that names it. */
export function readArchitecture(markdown: string): Architecture {
  return {
    layers: rowsBelow('Layers', markdown)
      .map(([layer = '', rooms = '', holds = '', neighbours = '']) => ({
        name: named(/L\d/, layer),
        rooms: [...rooms.matchAll(/`([a-z-]+)\/?`/g)].map(([, room = '']) => room),
        holds,
        isOrdered: oneOf(NEIGHBOURS, neighbours, 'neighbours'),
      }))
      .toReversed(),
    sentences: new Map(
      rowsBelow('Rooms', markdown).map(([room = '', sentence = '']) => [roomOf(room), sentence]),
    ),
    agent: new Map(
      rowsBelow('The agent', markdown).map(([room = '', answer = '', reason = '']) => [
        roomOf(room),
        { isAllowed: oneOf(ANSWERS, answer.replaceAll('*', ''), 'may the agent'), reason },
      ]),
    ),
  };
}

/** The rows of all tables between a heading of the second level and the next one, without their heads. */
function rowsBelow(heading: string, markdown: string): readonly (readonly string[])[] {
  const section = markdown.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`docs/architecture.md: no heading "## ${heading}"`);
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  const rows = lines.filter((line, index) => !isRule(line) && !isRule(lines[index + 1]));
  if (rows.length === 0) throw new Error(`docs/architecture.md: no table below "## ${heading}"`);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** Whether a line is the one between a table's head and its rows. */
function isRule(line: string | undefined): boolean {
  return line !== undefined && /^\|[\s|:-]+$/.test(line);
}

function roomOf(cell: string): string {
  return named(/[a-z-]+/, cell);
}

function named(pattern: RegExp, cell: string): string {
  const name = pattern.exec(cell)?.[0];
  if (name === undefined) throw new Error(`docs/architecture.md: no name in the cell "${cell}"`);
  return name;
}

function oneOf(answers: ReadonlyMap<string, boolean>, cell: string, column: string): boolean {
  const answer = answers.get(cell);
  if (answer === undefined) {
    throw new Error(
      `docs/architecture.md: ${column}: "${cell}" is none of ${[...answers.keys()].join(', ')}`,
    );
  }
  return answer;
}
