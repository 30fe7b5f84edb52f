import { mkdir, readdir, realpath, rename, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe } from 'vitest';
import { mountsIn } from '../../../lib/system/mounts.ts';
import { emptying } from '../../../lib/units/directories.ts';
import { take } from '../../../lib/units/step.ts';
import { forgetting } from '../../../lib/units/uninstall.ts';
import { expect, test } from '../../support/temporary.ts';

const [OUTER, MIDDLE, INNER] = ['webroot', 'webroot/.well-known', 'webroot/.well-known/acme-challenge'];
const ALL = [INNER, MIDDLE, OUTER];

describe('directories that are to be removed when they are empty', () => {
  const emptied = async (directory: string, mounts: readonly string[]) => {
    const all = ALL.map((name) => join(directory, name));
    const { steps, notes } = await emptying(all, [], mounts);
    await take(steps, { isDryRun: false, out: () => {} });
    const left = await readdir(directory, { recursive: true });
    return { notes, left: left.filter((name) => ALL.includes(name)).toSorted() };
  };

  test('are', async ({ directory }) => {
    await mkdir(join(directory, INNER), { recursive: true });
    expect(await emptied(directory, ['/', dirname(directory), directory])).toEqual({ notes: [], left: [] });
  });

  // With the device numbers of the filesystem that they lie on: a directory that is bound has the same.
  test.for([
    [OUTER, [OUTER, MIDDLE, INNER]],
    [MIDDLE, [OUTER, MIDDLE, INNER]],
    [INNER, [OUTER, MIDDLE, INNER]],
  ] as const)('stay where %s is mounted, with all that is in it', async ([place, stays], { directory }) => {
    await mkdir(join(directory, INNER), { recursive: true });
    const { notes, left } = await emptied(directory, ['/', join(directory, place)]);
    expect(left).toEqual(stays);
    expect(notes).toContain(`left: ${join(directory, place)}: mounted, or a link`);
  });

  test('stay where a link leads to them', async ({ directory }) => {
    await mkdir(join(directory, 'shared/.well-known/acme-challenge'), { recursive: true });
    await symlink('shared', join(directory, OUTER));
    const { notes } = await emptied(directory, []);
    expect(notes).toEqual([`left: ${join(directory, OUTER)}: mounted, or a link`]);
    expect(await readdir(join(directory, 'shared/.well-known'))).toEqual(['acme-challenge']);
  });

  test('stay where a directory above them is mounted, or a link', async ({ directory }) => {
    const inner = join(directory, 'usr/share/nginx/own');
    await mkdir(inner, { recursive: true });
    const nginx = dirname(inner);
    const left = { steps: [], notes: [`left: ${nginx}: mounted, or a link`] };
    expect(await emptying([inner], [], [nginx], join(directory, 'usr'))).toEqual(left);
    await rename(nginx, join(directory, 'shared'));
    await symlink(join(directory, 'shared'), nginx);
    expect(await emptying([inner], [], [], join(directory, 'usr'))).toEqual(left);
  });
});

test('where something is mounted, by mountinfo: a space in a name is an octal number', () => {
  const text = `22 1 0:21 / /proc rw,nosuid - proc proc rw
31 25 8:1 /srv/acme /usr/share/nginx/of\\040all rw - ext4 /dev/sda1 rw
`;
  expect(mountsIn(text).map(({ place }) => place)).toEqual(['/proc', '/usr/share/nginx/of all']);
});

test('what is mounted below the state is unmounted before all of it is removed, the inner first', async () => {
  const places = ['/etc/certbot-ha', '/var/lib/certbot-ha'];
  const mounts = [
    '/',
    '/var/lib/certbot-ha/of all',
    '/var/lib/certbot-ha/of all/web1',
    '/var/lib/certbot-hat',
  ];
  expect(await forgetting(places, mounts)).toBe(
    "umount '/var/lib/certbot-ha/of all/web1' && umount '/var/lib/certbot-ha/of all' && " +
      'rm -r --one-file-system /etc/certbot-ha /var/lib/certbot-ha; userdel certbot-ha',
  );
  expect(await forgetting(places, ['/'])).toMatch(/^rm -r /);
});

test('what is mounted where a link leads to is unmounted as well', async ({ directory }) => {
  const real = join(await realpath(directory), 'disk');
  await mkdir(join(real, 'certbot-ha'), { recursive: true });
  await symlink(real, join(directory, 'lib'));
  const place = join(directory, 'lib', 'certbot-ha');
  expect(await forgetting([place], ['/', `${real}/certbot-ha/shared`])).toBe(
    `umount ${real}/certbot-ha/shared && rm -r --one-file-system ${place}; userdel certbot-ha`,
  );
});
