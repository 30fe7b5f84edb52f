import { isIdentifier } from '../challenge/challenge.ts';

/** The names that certbot is asked for: `-d a,b`, `-da`, `--domains a`, `--domain=a`. */
export function namesIn(given: readonly string[]): readonly string[] {
  return listedIn(given).filter((name) => isIdentifier(name));
}

/** The wildcards among them, which are in none of the above. */
export function wildcardsIn(given: readonly string[]): readonly string[] {
  return listedIn(given).filter((name) => name.startsWith('*.') && isIdentifier(name.slice(2)));
}

function listedIn(given: readonly string[]): readonly string[] {
  const lists = given.flatMap((argument, index) => {
    const [, joined] = /^(?:--(?:domains?|ip-address)=|-d=?)(.+)$/.exec(argument) ?? [];
    const isOption = /^(?:-d|--domains?|--ip-address)$/.test(argument);
    return joined ?? (isOption ? (given[index + 1] ?? []) : []);
  });
  return [...new Set(lists.flatMap((list) => list.split(',')).map((name) => name.trim()))];
}
