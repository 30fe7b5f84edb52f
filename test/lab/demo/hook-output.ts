/** Something that a hook printed, as certbot passes it on. */
export interface HookLine {
  readonly hook: string;
  readonly text: string;
  /** It was on stderr. */
  readonly isWarning: boolean;
  /** It begins what this call of the hook has printed. */
  readonly isFirst: boolean;
}

const INTRODUCTION = /^Hook '(?:--manual-)?(\w+)-hook' (?:for \S+ )?ran with (error )?output:$/;

/**
 * Finds in certbot's output what its hooks printed: an introduction, then their lines, each behind a space.
 * Takes chunks that end anywhere.
 */
export function hookLines(onHookLine: (line: HookLine) => void): (chunk: string) => void {
  let current: Omit<HookLine, 'text'> | undefined;
  return byLine((line) => {
    const introduced = INTRODUCTION.exec(line);
    if (introduced !== null) {
      current = { hook: introduced[1] ?? '', isWarning: introduced[2] !== undefined, isFirst: true };
    } else if (current !== undefined && line.startsWith(' ')) {
      onHookLine({ ...current, text: line.slice(1) });
      current = { ...current, isFirst: false };
    } else {
      current = undefined;
    }
  });
}

function byLine(onLine: (line: string) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  };
}
