import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];
export type Tone = 'plain' | 'command' | 'good' | 'notable';

/** Where the demo tells what happens, line by line. */
export interface Screen {
  title(text: string): void;
  heading(text: string): void;
  /** What happened where, with the time since the start. Further lines, and what is too long, go below the first. */
  event(where: string, text: string | readonly string[], tone?: Tone): void;
  /** Goes on with what was told last. */
  more(text: string): void;
  /** A table: the first `headerLines` lines stand out. */
  table(lines: readonly string[], headerLines: number): void;
  /** milliseconds since the start */
  elapsedMs(): number;
}

export interface ScreenOptions {
  readonly write: (text: string) => void;
  readonly isColoured: boolean;
}

const WIDTH = 100;
const WHERE_WIDTH = 4;
const INDENT = ' '.repeat(7 + 2 + WHERE_WIDTH + 2);
const TONES: Readonly<Record<Tone, Format | null>> = {
  plain: null,
  command: 'bold',
  good: 'green',
  notable: 'yellow',
};

export function createScreen({ write, isColoured }: ScreenOptions): Screen {
  const startedMs = performance.now();
  const elapsedMs = () => performance.now() - startedMs;
  const paint = (format: Format | null, text: string) =>
    isColoured && format !== null ? styleText(format, text, { validateStream: false }) : text;
  const line = (text = '') => write(`${text}\n`);
  return {
    elapsedMs,
    title: (text) => line(paint('bold', text)),
    heading(text) {
      line();
      line(paint('bold', text));
    },
    event(where, text, tone = 'plain') {
      const [first = '', ...rest] = [text].flat().flatMap((part) => wrap(part, WIDTH - INDENT.length));
      const time = inSeconds(elapsedMs()).padStart(7);
      line(
        `${paint('dim', time)}  ${paint('cyan', where.padEnd(WHERE_WIDTH))}  ${paint(TONES[tone], first)}`,
      );
      for (const more of rest) line(INDENT + paint(TONES[tone], more));
    },
    more(text) {
      for (const part of wrap(text, WIDTH - INDENT.length)) line(INDENT + part);
    },
    table(lines, headerLines) {
      for (const [index, text] of lines.entries())
        line(`  ${paint(index < headerLines ? 'dim' : null, text)}`);
    },
  };
}

/** Breaks at spaces; what follows is indented two more than the text. */
function wrap(text: string, width: number): readonly string[] {
  if (text.length <= width) return [text];
  const at = text.lastIndexOf(' ', width);
  const indent = ' '.repeat(text.search(/\S|$/));
  if (at <= indent.length) return [text];
  const rest = text.slice(at + 1);
  const hanging = text.startsWith(' ') ? indent : '  ';
  return [text.slice(0, at), ...wrap(hanging + rest, width)];
}

/** `0.42 s` */
export function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

/** NO_COLOR (no-color.org) and FORCE_COLOR decide, else whether it is a terminal. */
export function wantsColour(env: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  return isTerminal && env['TERM'] !== 'dumb';
}
