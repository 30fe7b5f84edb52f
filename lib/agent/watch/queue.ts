/** Names that wait, each once. */
export interface Queue {
  has(name: string): boolean;
  add(name: string): void;
  /** what a directory has: behind all that was added, if that does not go on without end */
  addBehind(names: readonly string[]): void;
  take(): string | null;
}

/**
 * Takes now the newest, now the oldest: what has just come does not wait behind ten thousand others, nor is anything kept
 * waiting by what goes on coming.
 * @param atMost above this number the oldest are dropped
 * @param onDropped called for each of these
 */
export function createQueue(atMost: number, onDropped: () => void): Queue {
  const waiting = new Set<string>();
  const added: string[] = [];
  const behind: string[] = [];
  const newest = () => added.pop();
  const oldest = () => added.shift();
  const listed = () => behind.shift();
  const turns = [
    [newest, listed],
    [oldest, listed],
    [newest, listed],
    [listed, newest],
  ] as const;
  let turn = 0;

  return {
    has: (name) => waiting.has(name),
    add: (name) => {
      if (waiting.has(name)) return;
      waiting.add(name);
      added.push(name);
      if (added.length <= atMost) return;
      waiting.delete(added.shift() ?? '');
      onDropped();
    },
    addBehind: (names) => {
      for (const name of names) {
        if (waiting.has(name)) continue;
        waiting.add(name);
        behind.push(name);
      }
    },
    take: () => {
      const [first, second] = turns[turn % turns.length] ?? [newest, listed];
      turn += 1;
      const name = first() ?? second() ?? null;
      if (name !== null) waiting.delete(name);
      return name;
    },
  };
}
