import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { selinuxBy } from '../../../lib/doctor/checks/selinux.ts';
import type { CommandResult } from '../../../lib/system/run-command.ts';
import { expect, test } from '../../support/temporary.ts';
import { configIn, healthy, shortly, stepsIn } from './healthy.ts';

type Said = Partial<CommandResult>;

/** @param above what is said of the directories above the tokens */
async function outcomeIn(directory: string, mode: string | null, said: Said = {}, above: Said = said) {
  const enforce = join(directory, 'enforce');
  if (mode !== null) await writeFile(enforce, mode);
  const ran: string[] = [];
  const run = async (argv: readonly string[]) => {
    ran.push(argv.join(' '));
    return { code: 0, stdout: '', stderr: '', trouble: null, ...(argv.includes('-R') ? said : above) };
  };
  const config = configIn('/srv/acme', { stateDir: '/var/lib/a state' });
  return { outcome: await selinuxBy(enforce).run(healthy('/srv', { run }, config)), ran };
}

test('without SELinux that enforces nothing is asked', async ({ directory }) => {
  for (const mode of [null, '0', '0\n']) {
    const { outcome, ran } = await outcomeIn(directory, mode);
    expect([shortly(outcome), ran]).toEqual(['skip', []]);
  }
});

const [LABEL, POLICY] = ['system_u:object_r:default_t:s0', 'system_u:object_r:httpd_sys_content_t:s0'];
const TOKENS = '/srv/acme/.well-known/acme-challenge';
const would = (...paths: readonly string[]): Said => ({
  stdout: paths.map((path) => `Would relabel ${path} from ${LABEL} to ${POLICY}\n`).join(''),
});

test('labels of all that the web server reads on the way to a token are judged, and of nothing beside it', async ({
  directory,
}) => {
  const { outcome, ran } = await outcomeIn(directory, '1');
  expect(shortly(outcome)).toBe('pass');
  expect(ran).toEqual([
    'restorecon -n -v -i /srv/acme /srv/acme/.well-known',
    `restorecon -n -v -i -R ${TOKENS} /var/lib/a state`,
  ]);
  const stepsOf = async (below: Said, above: Said) =>
    stepsIn((await outcomeIn(directory, '1', below, above)).outcome);
  expect(await stepsOf({}, would('/srv/acme', '/srv/acme/.well-known'))).toEqual([
    ['next: restorecon -v /srv/acme /srv/acme/.well-known'],
  ]);
  expect(await stepsOf(would(`${TOKENS}/x`), would('/srv/acme/.well-known'))).toEqual([
    [`next: restorecon -v /srv/acme/.well-known; restorecon -v -R ${TOKENS}`],
  ]);
  expect(await stepsOf(would('/var/lib/a state/inbox'), {})).toEqual([
    ["next: restorecon -v -R '/var/lib/a state'"],
  ]);
});

test('labels are told as each version of restorecon tells them', async ({ directory }) => {
  const [one, other] = ['/var/lib/a state/a file', '/var/lib/a state/b'];
  const reset = (path: string) => `restorecon reset ${path} context ${LABEL}->${POLICY}\n`;
  for (const said of [would(one, other), { stdout: reset(one) + reset(other) }]) {
    const found = { code: 'label-differs', path: one, label: LABEL, policy: POLICY, count: 2 };
    expect((await outcomeIn(directory, '1', said, {})).outcome).toMatchObject({
      complaints: [{ level: 'warn', found }],
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
