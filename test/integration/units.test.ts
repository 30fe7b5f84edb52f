// @module-tag slow
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { CLONE } from '../lab/dist.ts';
import { successOf } from '../support/packages.ts';
import { run } from '../support/programs/program.ts';
import { expect, test } from '../support/temporary.ts';

/** The units, with a program in the place of ours: systemd-analyze looks whether it is there. */
async function copyUnits(directory: string): Promise<readonly string[]> {
  const source = join(CLONE, 'systemd');
  const names = (await readdir(source)).filter((name) => name.startsWith('certbot-ha-'));
  for (const name of names) {
    const text = await readFile(join(source, name), 'utf8');
    await writeFile(join(directory, name), text.replaceAll(/\/usr\/local\/bin\/certbot-ha\S*/g, '/bin/true'));
  }
  return names.map((name) => join(directory, name));
}

describe('systemd', () => {
  test('finds nothing wrong with any unit', async ({ directory }) => {
    const files = await copyUnits(directory);
    expect(files.length).toBeGreaterThan(8);
    expect(await run(['systemd-analyze', 'verify', '--man=no', ...files])).toMatchObject({
      ...{ code: 0, stdout: '', stderr: '' },
    });
  });

  test('finds the agent exposed to 1.9 at most, and what root runs to 4.0', async ({ directory }) => {
    const services = (await copyUnits(directory)).filter((file) => file.endsWith('.service'));
    for (const file of services) {
      const limit = file.endsWith('/certbot-ha-agent.service') ? 19 : 40;
      const threshold = `--threshold=${limit}`;
      const said = successOf(await run(['systemd-analyze', 'security', '--offline=true', threshold, file]));
      expect(said).toContain('Overall exposure level');
    }
  });
});
