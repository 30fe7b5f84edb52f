import { expect, test } from 'vitest';
import { commandsShown } from '../../lab/first-certificate/page.ts';
import { readReadme } from '../../lab/scene/reader.ts';
import { commandsIn } from '../../lab/first-certificate/commands.ts';
import { commandsToServe } from '../../lab/first-certificate/transcript.ts';
import { readPage } from '../../support/markdown.ts';

test.for(['bookworm', 'trixie', 'forky'])(
  'the transcript on %s is of what README.md says now',
  async (suite) => {
    const steps = await readReadme();
    const commands = (await Promise.all(steps.map(({ script }) => commandsIn(script)))).flat();
    const page = await readPage(`docs/transcripts/${suite}.md`);
    expect(commandsShown(page)).toEqual(commands.map((command) => command.split('\n')[0]));
    // The whole of each, a loop and a file's lines too.
    for (const command of commands) expect(page).toContain(`web1# ${command}\n`);
  },
);

test('README.md wants no more than 12 commands until the certificate is served', async () => {
  expect((await commandsToServe()).length).toBeLessThanOrEqual(12);
});

test('a loop, a list and a file that is typed are one command each', async () => {
  const script =
    "a && b\n\n# not typed\nfor x in 1 2; do\n  c $x\ndone\ncat >f <<'END'\nd {\nEND\ne \\\n  f\n";
  expect(await commandsIn(script)).toEqual([
    'a && b',
    'for x in 1 2; do\n  c $x\ndone',
    "cat >f <<'END'\nd {\nEND",
    'e \\\n  f',
  ]);
  await expect(commandsIn('for x in 1; do\n')).rejects.toThrow('in the midst');
});
