import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { selinuxBy } from '../../../lib/doctor/checks/selinux.ts';
import type { CommandResult } from '../../../lib/system/run-command.ts';
import { expect, test } from '../../support/temporary.ts';
import { healthy, shortly } from './healthy.ts';

async function outcomeIn(directory: string, mode: string | null, said: Partial<CommandResult> = {}) {
  const enforce = join(directory, 'enforce');
  if (mode !== null) await writeFile(enforce, mode);
  const ran: string[] = [];
  const run = async (argv: readonly string[]) => {
    ran.push(argv.join(' '));
    return { code: 0, stdout: '', stderr: '', trouble: null, ...said };
  };
  return { outcome: await selinuxBy(enforce).run(healthy('/srv', { run })), ran };
}

test('without SELinux that enforces nothing is asked', async ({ directory }) => {
  for (const mode of [null, '0', '0\n']) {
    const { outcome, ran } = await outcomeIn(directory, mode);
    expect([shortly(outcome), ran]).toEqual(['skip', []]);
  }
});

test('labels that are not those of the policy are told with what puts them right', async ({ directory }) => {
  const { outcome, ran } = await outcomeIn(directory, '1');
  expect(shortly(outcome)).toBe('pass');
  expect(ran).toEqual(['restorecon -n -v -i -R /srv/.well-known/acme-challenge /srv']);
  const [label, policy] = ['system_u:object_r:default_t:s0', 'system_u:object_r:httpd_sys_content_t:s0'];
  for (const stdout of [
    `Would relabel /srv/a file from ${label} to ${policy}\nWould relabel /srv/b from ${label} to ${policy}\n`,
    `restorecon reset /srv/a file context ${label}->${policy}\nrestorecon reset /srv/b context ${label}->${policy}\n`,
  ]) {
    expect((await outcomeIn(directory, '1', { stdout })).outcome).toMatchObject({
      complaints: [
        {
          ...{ level: 'warn', next: 'certbot-ha snippet selinux --write' },
          found: { code: 'label-differs', path: '/srv/a file', label, policy, count: 2 },
        },
      ],
    });
  }
});

test('what cannot be asked is left out', async ({ directory }) => {
  const trouble = { code: 'program-not-installed', program: 'restorecon' } as const;
  expect(shortly((await outcomeIn(directory, '1', { code: null, trouble })).outcome)).toBe('skip');
  const failed = { code: 255, stderr: 'restorecon: Could not set context' };
  expect((await outcomeIn(directory, '1', failed)).outcome).toEqual({
    ...{ result: 'skip', detail: 'restorecon: exit 255' },
  });
});
