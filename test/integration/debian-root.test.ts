import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../lab/command.ts';
import { CLONE } from '../lab/dist.ts';
import { expect, test } from '../support/temporary.ts';

const SCRIPT = join(CLONE, 'scripts/debian-root.sh');

test('refuses what is not the name of one of its Debians', async ({ directory }) => {
  const result = await runCommand([SCRIPT, 'woody'], { env: { XDG_CACHE_HOME: directory } });
  expect(result).toEqual({
    ...{ code: 2, stdout: '' },
    stderr: "debian-root: expected bookworm, trixie or forky, got 'woody'\n",
  });
});

test('tells that apt knows no mirror, and leaves nothing', async ({ directory, skip }) => {
  skip(process.getuid?.() !== 0, 'only root gets so far');
  const config = join(directory, 'apt.conf');
  await writeFile(config, 'Dir::Etc::SourceList "/dev/null";\nDir::Etc::SourceParts "/dev/null";\n');
  const cache = join(directory, 'cache');
  const result = await runCommand([SCRIPT, 'trixie'], { env: { XDG_CACHE_HOME: cache, APT_CONFIG: config } });
  expect(result).toEqual({
    ...{ code: 1, stdout: '' },
    stderr: "debian-root: trixie: no Debian mirror in this machine's apt configuration\n",
  });
  expect(await readdir(directory)).toEqual(['apt.conf']);
});
