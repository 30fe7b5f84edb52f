// @module-tag slow
// @module-tag long
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CLONE } from '../lab/dist.ts';
import { bomIn, lackOf, makePackages, successOf } from '../support/packages.ts';
import { run } from '../support/programs/program.ts';
import { expect, test } from '../support/temporary.ts';

/** A whole Node.js is packed eight times, on a machine that may be busy. */
const MAKE_MS = 2_400_000;
const NODE = 'usr/lib/certbot-ha/bin/node';

/** What each of the two is called in a .deb, in an .rpm, and in the header of a program for it (e_machine of ELF). */
const MACHINES = [
  { deb: 'amd64', rpm: 'x86_64', elf: 62 },
  { deb: 'arm64', rpm: 'aarch64', elf: 183 },
] as const;

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
    const options = ['--quick', '--for', 'amd64', '--for', 'arm64'];
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

    const without = await bomIn(join(one, `certbot-ha-${version}.cdx.json`));
    for (const machine of MACHINES) {
      const deb = join(one, `certbot-ha-standalone_${version}_${machine.deb}.deb`);
      const rpm = join(one, `certbot-ha-standalone-${version}-1.${machine.rpm}.rpm`);
      expect(successOf(await run(['dpkg-deb', '--field', deb, 'Architecture'])).trim()).toBe(machine.deb);
      expect(successOf(await run(['rpm', '-qp', '--queryformat', '%{ARCH}', rpm]))).toBe(machine.rpm);

      const root = join(directory, machine.deb);
      successOf(await run(['dpkg-deb', '--extract', deb, root]));
      const program = await readFile(join(root, NODE));
      expect(program.subarray(0, 6).toString('latin1')).toBe('\x7fELF\x02\x01');
      expect(program.readUInt16LE(18)).toBe(machine.elf);
      // Of another architecture than this machine's, it is not run.
      const brought = await bomIn(join(one, `certbot-ha-standalone-${version}-${machine.deb}.cdx.json`));
      const nodeJs = brought.components.find(({ name }) => name === 'node');
      expect(program.includes(`v${nodeJs?.version}`)).toBe(true);
      expect(brought.components.filter((component) => component !== nodeJs)).toEqual(without.components);

      const digests = ['rpm', '-qp', '--queryformat', '[%{FILEDIGESTS} %{FILENAMES}\n]', rpm];
      expect(successOf(await run(digests))).toContain(
        `${createHash('sha256').update(program).digest('hex')} /${NODE}\n`,
      );
      // What is started is a script with the path of that program in its first line, or where it starts it.
      const hook = await readFile(join(root, 'usr/lib/certbot-ha/hooks/auth.js'), 'utf8');
      expect(hook).toMatch(new RegExp(`^#!/${NODE}\n`));
      const launcher = await readFile(join(root, 'usr/lib/certbot-ha/hooks/certbot-ha-auth'), 'utf8');
      expect(launcher).toContain(`\nexec /${NODE} "$0" "$@"\n`);
    }
  },
);
