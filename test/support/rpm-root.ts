import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { successOf } from './packages.ts';
import { run } from './programs/program.ts';

/** A tree that rpm installs into, with a shell for the scripts of packages, and without systemd. */
export interface RpmRoot {
  /** What packages need is not looked at. Rejects, with what was said, where it fails. */
  rpm(...argv: readonly string[]): Promise<void>;
  /** Makes a package of one program of /usr/bin, which notes what it is started with, and brings it. */
  bring(program: string, version: string): Promise<void>;
  /** `VERSION ARGUMENTS`, once for each start of such a program */
  started(): Promise<readonly string[]>;
}

const SPEC = `Name: %{what}
Version: %{of}
Release: 1
Summary: Notes what it is started with
License: Apache-2.0
BuildArch: noarch
%description
%{summary}
%install
mkdir -p %{buildroot}/usr/bin
printf '#!/bin/sh\\necho "%{of} $*" >>/started\\n' >%{buildroot}/usr/bin/%{what}
chmod 755 %{buildroot}/usr/bin/%{what}
%files
/usr/bin/%{what}
`;

/** Needs root, rpm and a static busybox. */
export async function openRpmRoot(directory: string): Promise<RpmRoot> {
  const [root, made] = [join(directory, 'rpm-root'), join(directory, 'rpm-made')];
  for (const path of [join(root, 'bin'), join(root, 'usr/bin'), made]) await mkdir(path, { recursive: true });
  await copyFile('/bin/busybox', join(root, 'bin/sh'));
  // Applets are found by their names.
  await copyFile('/bin/busybox', join(root, 'usr/bin/grep'));
  await writeFile(join(made, 'noting.spec'), SPEC);
  const to = ['rpm', '--root', root, '--force-debian', '--nodeps'];
  const rpm = async (...argv: readonly string[]) => {
    successOf(await run([...to, ...argv]));
  };
  return {
    rpm,
    bring: async (program, version) => {
      const define = (name: string, value: string) => ['--define', `${name} ${value}`];
      const places = [...define('_topdir', made), ...define('_rpmdir', made), ...define('of', version)];
      const what = define('what', program);
      successOf(await run(['rpmbuild', '-bb', '--quiet', ...places, ...what, join(made, 'noting.spec')]));
      await rpm('--upgrade', join(made, `noarch/${program}-${version}-1.noarch.rpm`));
    },
    started: async () =>
      (await readFile(join(root, 'started'), 'utf8').catch(() => ''))
        .split('\n')
        .filter((line) => line !== ''),
  };
}
