import { expect, test } from 'vitest';
import { commands, optionsOf } from '../../support/commands.ts';
import { blocksIn, pagesBelow, proseOf, readPage } from '../../support/markdown.ts';

const OF_EVERY_COMMAND = ['--config', '--help', '--version'];
/** What goes into a hash begins with the name as well. */
const HASHED = new Set(['certbot-ha key id', 'certbot-ha unforced deletion']);
/** Not the user and group of that name, a word in quotes, or a file's path. */
const NAMED = /(?<![\w/."-])(?<!-[og] )certbot-ha(?: --config \S+)? ([a-z][a-z-]*)([^`|;&\n#)]*)/g;

const known = new Map(
  await Promise.all(
    (await commands()).map(async (command) => {
      const [name = ''] = command.command.split(' ');
      return [name, new Set([...OF_EVERY_COMMAND, ...(await optionsOf(command)).flat()])] as const;
    }),
  ),
);

/** What a page shows as something to type: blocks, and words within a line. */
function shownIn(page: string): readonly string[] {
  const inLines = [...proseOf(page).matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text);
  const typed = blocksIn(page).filter(({ language }) => ['sh', 'text', 'ini'].includes(language));
  return [...typed.map(({ text }) => text), ...inLines];
}

function unknownIn(page: string): readonly string[] {
  return shownIn(page)
    .filter((text) => !HASHED.has(text))
    .flatMap((text) => [...text.matchAll(NAMED)])
    .flatMap(([typed, name = '', rest = '']) => {
      const options = known.get(name);
      if (options === undefined) return [typed];
      // What follows certonly is certbot's.
      const given = name === 'certonly' ? [] : [...rest.matchAll(/(?<!\S)--?[a-z][\w-]*/g)];
      return given.filter(([option]) => !options.has(option)).map(([option]) => `${typed}: ${option}`);
    });
}

test.for(['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...(await pagesBelow('docs'))])(
  'the commands that %s names are there, with their options',
  async (page) => {
    expect(unknownIn(await readPage(page))).toEqual([]);
  },
);
