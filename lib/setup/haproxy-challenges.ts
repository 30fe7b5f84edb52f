import type { FindingOf } from '../findings/register.ts';
import { OF_CHALLENGES } from '../webserver/challenge-paths.ts';

/** HAProxy serves no files: it hands challenges to who does, or answers them itself. */
export type ChallengesOfHaproxy = FindingOf<'challenges-handed-on' | 'challenges-answered'>;

interface Rule {
  readonly section: string;
  readonly keyword: string;
  readonly words: readonly string[];
}

const SECTIONS: ReadonlySet<string> = new Set(
  'global defaults frontend backend listen peers resolvers userlist program cache mailers ring http-errors'.split(
    ' ',
  ),
);

/** What HAProxy does with challenges by a rule of their own; null: it has none. @param texts its configuration, a file each */
export function haproxyChallenges(texts: readonly string[]): ChallengesOfHaproxy | null {
  const rules = texts.flatMap(rulesIn);
  const named = new Set(
    rules
      .filter(({ keyword, words }) => keyword === 'acl' && isOfChallenges(words))
      .map(({ words }) => words[0]),
  );
  const isFor = ({ words }: Rule) =>
    (isOfChallenges(words) || words.slice(1).some((word) => named.has(word))) && !isNegated(words);
  for (const rule of rules.filter(isFor)) {
    const [first = ''] = rule.words;
    if (rule.keyword === 'use_backend') {
      return { code: 'challenges-handed-on', backend: first, servers: serversOf(rules, first) };
    }
    if (rule.keyword === 'http-request' && first === 'return') {
      return { code: 'challenges-answered', section: rule.section };
    }
  }
  return null;
}

/** What holds for all but challenges. */
function isNegated(words: readonly string[]): boolean {
  return words.includes('unless') || words.includes('!{');
}

function serversOf(rules: readonly Rule[], backend: string): readonly string[] {
  return rules
    .filter(({ section, keyword }) => section === `backend ${backend}` && keyword === 'server')
    .flatMap(({ words: [, address] }) => (address === undefined ? [] : [address]));
}

function isOfChallenges(words: readonly string[]): boolean {
  return words.some((word) => OF_CHALLENGES.test(word));
}

function rulesIn(text: string): readonly Rule[] {
  const rules: Rule[] = [];
  let section = '';
  for (const line of text.split('\n')) {
    const [keyword, ...words] = wordsIn(line);
    if (keyword === undefined) continue;
    if (SECTIONS.has(keyword)) section = [keyword, words[0]].filter(Boolean).join(' ');
    else rules.push({ section, keyword, words });
  }
  return rules;
}

/** Up to a comment. */
function wordsIn(line: string): readonly string[] {
  const words = line.match(/#.*|(?:\\.|"(?:\\.|[^"\\])*"?|'[^']*'?|[^\s#"'\\])+/g) ?? [];
  const comment = words.findIndex((word) => word.startsWith('#'));
  return (comment === -1 ? words : words.slice(0, comment)).map((word) =>
    word.replaceAll(/\\(.)|["']/g, '$1'),
  );
}
