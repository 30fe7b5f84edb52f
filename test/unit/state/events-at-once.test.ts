// @module-tag slow
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createEvents } from '../../../lib/state/events.ts';
import { readEvents } from '../../../lib/state/read-events.ts';
import { start } from '../../support/programs/program.ts';
import { expect, test } from '../../support/temporary.ts';

const LIB = new URL('../../../lib/state', import.meta.url).pathname;
const JITI = new URL('../../../node_modules/.bin/jiti', import.meta.url).pathname;

test('no event is lost of what several programs write while the file is put aside', async ({ directory }) => {
  const script = join(directory, 'script.ts');
  await writeFile(
    script,
    `import { createEvents } from '${LIB}/events.ts';
      // Imported late there, which takes long on a busy machine.
      import '${LIB}/rotate-events.ts';
      const [, , directory, program] = process.argv;
      // The agent's share is twice that, and the others may be done before it.
      const rotateAtBytes = program === 'agent' ? undefined : 12_000;
      // How long a write may take is another matter.
      const turn = async (work) => await work();
      const events = createEvents(directory, { node: 'web1', program, turn, ...(rotateAtBytes && { rotateAtBytes }) });
      console.log('ready');
      await new Promise((resolve) => process.stdin.once('data', resolve));
      for (let count = 0; count < 100; count += 1) await events.write({ event: 'sync', tokens: count, outcome: 'ok' });
      process.exit();`,
  );
  await mkdir(join(directory, 'requests'));
  const programs = ['auth', 'deploy', 'sync', 'agent'] as const;
  const running = programs.map((program) => start([JITI, script, directory, program], { input: null }));
  await Promise.all(running.map(async (program) => await program.says(/ready/)));
  await createEvents(directory, { node: 'web1', program: 'drill' }).write({
    event: 'sync',
    tokens: 999,
    outcome: 'ok',
  });
  for (const { child } of running) child.stdin?.write('go');
  const ended = await Promise.all(running.map(async (program) => await program.ended));
  expect(ended.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
    running.map(() => ({ code: 0, stderr: '' })),
  );
  // How often depends on who waits for a processor meanwhile: none puts it aside while another is about to.
  expect((await stat(join(directory, 'events.jsonl.1'))).size).toBeGreaterThan(5_000);
  const events = await readEvents(directory, { only: ({ tokens }) => tokens !== 999 });
  for (const program of programs) {
    const counts = events.filter((event) => event.program === program).map(({ tokens }) => tokens);
    expect(counts).toEqual(Array.from({ length: 100 }, (_, index) => index));
  }
}, 30_000);
