import { lastOf } from './command.ts';

const GROUP = { group: 'Options:' } as const;

/** An option that is there or not. */
export function flag(describe: string) {
  return { ...GROUP, describe, type: 'boolean' } as const;
}

/** Of commands whose words are not what they are called for. Its letter is a property of none: completion would offer `--q`. */
export const QUIET = flag('print only what is wrong');
export const LETTERS = { quiet: 'q' } as const;

/** An option with a value, of which the last counts. */
export function oneOf(describe: string) {
  return { ...GROUP, describe, type: 'string', requiresArg: true, coerce: lastOf<string> } as const;
}

/** An option with a value, which may be given several times. */
export function severalOf(describe: string) {
  const coerce = (given: string | readonly string[]): readonly string[] => [given].flat();
  return { ...GROUP, describe, type: 'string', requiresArg: true, coerce } as const;
}
