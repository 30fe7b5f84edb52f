/** A `key = value` of a renewal configuration. */
export interface Setting {
  /** `` before the first section, `renewalparams`, `renewalparams/webroot_map` */
  readonly section: string;
  readonly key: string;
  /** without quotes and without the comment behind it */
  readonly value: string;
  /** its first line, from 0, and the one behind its last */
  readonly from: number;
  readonly to: number;
}

export const TOP = '';
export const PARAMS = 'renewalparams';

/** The lines of a text, however they end. */
export function linesOf(text: string): readonly string[] {
  return text.split(/\r\n|\r|\n/);
}

/**
 * Reads what certbot's ConfigObj reads, in any spelling: quotes, values over several lines, comments, subsections.
 * A line that is none of these is passed over. Whoever takes something from it to another node checks each value
 * and writes it anew, so that it does not matter whether another reader would see something else here.
 */
export function readSettings(text: string): readonly Setting[] {
  const lines = linesOf(text);
  const settings: Setting[] = [];
  let path: readonly string[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const line = (lines[index] ?? '').trim();
    const equals = line.indexOf('=');
    if (line.startsWith('[')) path = sectionBehind(path, line);
    else if (!line.startsWith('#') && equals > 0) {
      const [key, rest] = [unquoted(line.slice(0, equals).trimEnd()), line.slice(equals + 1).trimStart()];
      const end = endOf(rest, lines, index);
      const value = end === index ? valueOf(rest) : lines.slice(index, end + 1).join('\n');
      settings.push({ section: path.join('/'), key, value, from: index, to: end + 1 });
      index = end;
    }
  }
  return settings;
}

/** As many brackets as the section is deep. */
function sectionBehind(path: readonly string[], line: string): readonly string[] {
  const bare = line.replace(/^\[+/, '');
  const name = bare.split(']', 1)[0] ?? '';
  return [...path.slice(0, line.length - bare.length - 1), unquoted(name.trim())];
}

/** The line where a value ends: the same, or the one that closes its three quotes. */
function endOf(value: string, lines: readonly string[], from: number): number {
  const quotes = ['"""', "'''"].find((three) => value.startsWith(three));
  if (quotes === undefined || value.includes(quotes, 3)) return from;
  const end = lines.findIndex((line, index) => index > from && line.includes(quotes));
  return end < 0 ? from : end;
}

function valueOf(rest: string): string {
  // Only a comment may follow: `'''sh -c 'x''''` ends with a quote of its own.
  const [, , quoted] = /^("""|''')(.*?)\1\s*(?:#.*)?$/.exec(rest) ?? [];
  if (quoted !== undefined) return quoted;
  const quotes = ['"""', "'''", '"', "'"].find((some) => rest.startsWith(some));
  const end = quotes === undefined ? -1 : rest.indexOf(quotes, quotes.length);
  if (quotes !== undefined && end > 0) return rest.slice(quotes.length, end);
  return (rest.split('#', 1)[0] ?? '').trimEnd();
}

function unquoted(name: string): string {
  const quote = name[0];
  return (quote === '"' || quote === "'") && name.endsWith(quote) ? name.slice(1, -1) : name;
}

/** A line as ConfigObj reads it again: quoted where it has to be. */
export function settingLine(key: string, value: string): string {
  const isPlain = value !== '' && value.trim() === value && !/^["']|[,#]/.test(value);
  const quote = value.includes('"') ? "'" : '"';
  return `${key} = ${isPlain ? value : `${quote}${value}${quote}`}`;
}
