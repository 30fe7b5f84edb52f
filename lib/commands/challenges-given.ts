import { typesIn, type CliSetting } from '../certbot/cli-ini.ts';

/** By which challenges certbot proves the names of a run. */
export interface Preferred {
  /** a list as certbot takes it */
  readonly challenges: string;
  /** neither the arguments nor cli.ini say so: certbot has to be told */
  readonly isOurs: boolean;
}

/** What certbot is to take, where it is said: `--preferred-challenges dns`, `--preferred-challenges=dns-01,http`; null: it is not. */
export function challengesIn(given: readonly string[]): string | null {
  const values = given.flatMap((argument, index) => {
    const match = /^--preferred-chal[a-z]*(?:=(.*))?$/.exec(argument);
    return match === null ? [] : (match[1] ?? given[index + 1] ?? '');
  });
  return values.length === 0 ? null : values.join(',');
}

/**
 * What was given, or what cli.ini says where somebody publishes records and that proves wildcards as well: certbot writes
 * it into the lineage. Otherwise HTTP-01, and DNS-01 for wildcards.
 */
export function preferredOf(
  given: readonly string[],
  settings: readonly CliSetting[],
  hasDns: boolean,
): Preferred {
  const asked = challengesIn(given);
  if (asked !== null) return { challenges: asked, isOurs: false };
  const lists = settings.filter(({ key }) => key === 'preferred-challenges').map(({ value }) => value);
  const [list] = lists;
  if (hasDns && list !== undefined && lists.every((one) => typesIn(one).includes('dns-01')))
    return { challenges: lists.at(-1) ?? list, isOurs: false };
  return { challenges: hasDns ? 'http,dns' : 'http', isOurs: true };
}
