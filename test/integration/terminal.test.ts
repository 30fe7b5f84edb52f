// @module-tag slow
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { expect, test, type TestCluster } from '../support/cluster/cluster.ts';
import { CLI, certbotHaIn } from '../support/cluster/command-line.ts';
import { run } from '../support/programs/program.ts';

const ERASED = '\r\u001b[K';
const SHOWN = 'took the test message';
/** Somebody who is told, and takes more than a second for it. */
const notify = [{ command: ['/bin/sleep', '1.6'] }];

/** `notify --test` in a shell on a terminal of 40 columns. */
async function atTerminal(cluster: TestCluster, env: NodeJS.ProcessEnv, more = '') {
  const script = join(cluster.directory, 'script.sh');
  await writeFile(
    script,
    `stty rows 24 cols 40\n'${process.execPath}' '${CLI}' notify --test ${more}\nstatus=$?\n`,
  );
  const { stdout } = await run(['script', '--quiet', '--command', `sh ${script}`, '/dev/null'], {
    env: { ...cluster.envOf(cluster.nodes[0]), TERM: 'xterm', ...env },
  });
  return stdout.replaceAll('\r\n', '\n');
}

describe.concurrent('a command that lasts', () => {
  test('a terminal shows what is waited for until it is over, in its width and without colours', async ({
    cluster,
  }) => {
    await cluster.configure({ notify: [{ command: ['/bin/false'] }, ...notify] });
    const seen = await atTerminal(cluster, { FORCE_COLOR: '1' });
    const [result = '', ...drawn] = seen.split(ERASED).toReversed();
    // The words of an error are broken between words; what is said besides is whole.
    const failed = 'certbot-ha: command /bin/false: not told\n  [receiver-not-told]\ncertbot-ha:   ';
    expect(drawn.pop()?.startsWith(failed)).toBe(true);
    expect(new Set(drawn.slice(0, -1))).toContain('waiting for command /bin/sleep … 1 s');
    for (const line of drawn) expect(line).toMatch(/^.{0,39}$/);
    expect(result).toBe(`command /bin/sleep: ${SHOWN}\n`);
    expect(seen.replaceAll(ERASED, '')).not.toContain('\u001b');
  });

  test.for([
    ['where nothing can be drawn over', { TERM: 'dumb' }, ''],
    ['where stderr is no terminal', {}, '2>&1 | cat'],
  ] as const)('%s, nothing is told of it', async ([, env, more], { cluster }) => {
    await cluster.configure({ notify });
    expect(await atTerminal(cluster, env, more)).toMatch(/^command \/bin\/sleep: took the test\s+message\n$/);
  });

  test('where only stdout is none, its lines are whole', async ({ cluster }) => {
    await cluster.configure({ notify });
    const seen = await atTerminal(cluster, {}, '| cat');
    expect(seen).toContain('waiting for command /bin/sleep … 1 s');
    expect(seen.split(ERASED).at(-1)).toBe(`command /bin/sleep: ${SHOWN}\n`);
  });

  test('a pipe has the result alone', async ({ cluster }) => {
    await cluster.configure({ notify });
    expect(await certbotHaIn(cluster, ['notify', '--test'], { TERM: 'xterm' })).toMatchObject({
      ...{ code: 0, stderr: '' },
      stdout: `command /bin/sleep: ${SHOWN}\n`,
    });
  });
});
