// @module-tag slow
// @module-tag long
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CLONE } from '../lab/dist.ts';
import { bomIn, lackOf, makePackages, successOf } from '../support/packages.ts';
import { run } from '../support/programs/program.ts';
import { expect, test } from '../support/temporary.ts';

const MAKE_MS = 900_000;

test(
  'the packages that bring a Node.js are the same bytes when they are made again, and list it',
  { timeout: MAKE_MS },
  async ({ directory, skip }) => {
    const lack = await lackOf(['debhelper', 'pandoc', 'rpm']);
    if (lack !== null) return skip(lack);
    const { version } = JSON.parse(await readFile(join(CLONE, 'package.json'), 'utf8')) as {
      version: string;
    };
    const [one, two] = ['one', 'two'].map((name) => join(directory, name)) as [string, string];
    const options = ['--for', 'amd64', '--for', 'arm64'];
    await makePackages(one, options);
    const temporary = join(directory, 'elsewhere');
    await mkdir(temporary);
    await makePackages(two, options, {
      umask: '077',
      env: { TMPDIR: temporary, TZ: 'Asia/Tokyo', LC_ALL: 'C' },
    });
    const [sums, again] = await Promise.all(
      [one, two].map(async (made) => await readFile(join(made, 'SHA256SUMS'), 'utf8')),
    );
    expect(again).toBe(sums);
    // Each of the two architectures has a .deb, an .rpm and a list; one tarball and its list are for both.
    expect(sums?.trimEnd().split('\n')).toHaveLength(8);

    const brought = await bomIn(join(one, `certbot-ha-standalone-${version}-amd64.cdx.json`));
    const nodeJs = brought.components.find(({ name }) => name === 'node');
    const root = join(directory, 'root');
    successOf(
      await run(['dpkg-deb', '--extract', join(one, `certbot-ha-standalone_${version}_amd64.deb`), root]),
    );
    expect(await readFile(join(root, 'usr/lib/certbot-ha/bin/node'), 'latin1')).toContain(
      `v${nodeJs?.version}`,
    );
    const without = await bomIn(join(one, `certbot-ha-${version}.cdx.json`));
    expect(brought.components.filter((component) => component !== nodeJs)).toEqual(without.components);
  },
);
