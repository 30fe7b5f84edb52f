import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { start } from '../../support/programs/program.ts';
import { expect, test } from '../../support/temporary.ts';

const at = (file: string) => new URL(`../../../${file}`, import.meta.url).pathname;

test.for(['SIGINT', 'SIGTERM'] as const)(
  'a bench that %s ends leaves nothing compiled, and says by which signal it has ended',
  async (name, { directory }) => {
    const compile = `require('node:fs').mkdirSync(require('node:path').join(__dirname, 'compiled'));`;
    await writeFile(join(directory, 'compile.js'), compile);
    const script = join(directory, 'bench.ts');
    await writeFile(
      script,
      `import { existsSync } from 'node:fs';
      import { asInstalled } from '${at('bench/as-installed.ts')}';
      await asInstalled(async () => {
        console.log('compiled: ' + existsSync('${directory}/compiled'));
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      }, '${directory}');`,
    );
    const program = start([process.execPath, at('node_modules/jiti/lib/jiti-cli.mjs'), script]);
    await program.says(/compiled: true/);
    program.child.kill(name);
    const { signal } = await program.ended;
    expect(signal).toBe(name);
    expect((await readdir(directory)).toSorted()).toEqual(['bench.ts', 'compile.js']);
  },
);
