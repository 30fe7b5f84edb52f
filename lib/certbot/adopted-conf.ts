import { HOOK_KEYS } from './renewal-conf.ts';
import { HTTP_01 } from './renewal-data.ts';
import { PARAMS, readSettings, settingLine, type Setting } from './settings.ts';
import type { HookName } from './hook-commands.ts';

/** What becomes of a renewal configuration that certbot-ha's hooks are to renew. */
export interface Adopted {
  readonly hooks: Readonly<Record<HookName, string>>;
  /** keys of `[renewalparams]` that go */
  readonly without: readonly string[];
}

export interface Changed {
  readonly text: string;
  /** the lines that go, behind `-`, and those that come, behind `+`, in their order */
  readonly difference: readonly string[];
}

/** Lines that take the place of others. */
interface Edit extends Pick<Setting, 'from' | 'to'> {
  readonly lines: readonly string[];
}

/**
 * The configuration with another authenticator and these hooks. All other lines stay to the byte, the old authenticator's own
 * options too: certbot looks at none of them, and keeps them itself.
 */
export function adoptedConf(text: string, { hooks, without }: Adopted): Changed {
  const params = readSettings(text).filter(({ section }) => section === PARAMS);
  const lines = text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];
  const edits: Edit[] = [];
  const added: string[] = [];
  const put = (keys: readonly string[], value: string, line = lineFor(keys[0] ?? '', value)) => {
    const [first, ...others] = params.filter(({ key }) => keys.includes(key));
    if (first === undefined) added.push(line);
    else if (first.value !== value) edits.push({ ...first, lines: [line] });
    edits.push(...others.map((other) => ({ ...other, lines: [] })));
  };
  put(['authenticator'], 'manual');
  put(['pref_challs'], HTTP_01, `pref_challs = ${HTTP_01}`);
  for (const hook of ['auth', 'cleanup', 'deploy'] as const) put(HOOK_KEYS[hook], hooks[hook]);
  for (const setting of params.filter(({ key }) => without.includes(key)))
    edits.push({ ...setting, lines: [] });
  const behind = params.at(-1)?.to ?? lines.length;
  if (added.length > 0) edits.push({ from: behind, to: behind, lines: added });
  return edited(lines, edits);
}

function edited(lines: readonly string[], edits: readonly Edit[]): Changed {
  const end = /(?:\r\n|\r|\n)$/.exec(lines[0] ?? '')?.[0] ?? '\n';
  const result: string[] = [];
  const difference: string[] = [];
  let next = 0;
  for (const { from, to, lines: instead } of edits.toSorted(
    (one, other) => one.from - other.from || one.to - other.to,
  )) {
    result.push(...lines.slice(next, from));
    const last = result.at(-1);
    // The last line of a file may have no end.
    if (instead.length > 0 && last !== undefined && !/[\r\n]$/.test(last)) result.push(end);
    result.push(...instead.map((line) => `${line}${end}`));
    difference.push(
      ...lines.slice(from, to).map((line) => `- ${line.replace(/[\r\n]+$/, '')}`),
      ...instead.map((line) => `+ ${line}`),
    );
    next = to;
  }
  return { text: [...result, ...lines.slice(next)].join(''), difference };
}

/** A hook of somebody's may have both kinds of quotes, and end with one. */
function lineFor(key: string, value: string): string {
  if (!value.includes('"') || !value.includes("'")) return settingLine(key, value);
  const quotes = value.endsWith('"') ? "'''" : '"""';
  return `${key} = ${quotes}${value}${quotes}`;
}
