// @module-tag slow
// @module-tag long
import { cp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CLONE } from '../lab/dist.ts';
import { run } from '../support/programs/program.ts';
import { expect, test } from '../support/temporary.ts';

const SOURCES = ['hooks', 'lib', 'scripts', 'systemd', 'package.json', 'rolldown.config.ts'];

test(
  'the programs are the same bytes when they are built again elsewhere',
  { timeout: 120_000 },
  async ({ directory }) => {
    for (const name of SOURCES) await cp(join(CLONE, name), join(directory, name), { recursive: true });
    await symlink(join(CLONE, 'node_modules'), join(directory, 'node_modules'));
    const built = await run(['npm', 'run', '--silent', 'build', '--', '--log-level', 'silent'], {
      cwd: directory,
    });
    expect(built).toMatchObject({ code: 0 });
    // The maps name the sources, which lie elsewhere; no package has them.
    const differing = await run(
      ['diff', '--recursive', '--brief', '--exclude=*.map', join(CLONE, 'dist'), 'dist'],
      {
        cwd: directory,
      },
    );
    expect(differing).toMatchObject({ code: 0, stdout: '', stderr: '' });
  },
);
