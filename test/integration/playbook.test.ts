// @module-tag slow
// @module-tag long
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { describe } from 'vitest';
import { CLONE } from '../lab/dist.ts';
import { run } from '../support/programs/program.ts';
import { expect, test } from '../support/temporary.ts';

const PLAYBOOK = join(CLONE, 'packaging/ansible/certbot-ha.yml');

interface Task {
  readonly name: string;
  readonly loop?: readonly string[];
  readonly 'ansible.builtin.copy'?: { readonly content?: string; readonly dest: string };
}

describe('the Ansible playbook', () => {
  const tasks = async () =>
    (load(await readFile(PLAYBOOK, 'utf8')) as [{ readonly tasks: readonly Task[] }])[0].tasks;

  test('enables what README enables', async () => {
    const readme = await readFile(join(CLONE, 'README.md'), 'utf8');
    const [, words = ''] = /^systemctl enable --now (.+)$/m.exec(readme) ?? [];
    const wanted = words.split(' ').map((name) => (name.includes('.') ? name : `${name}.service`));
    expect((await tasks()).flatMap(({ loop = [] }) => loop)).toEqual(wanted);
  });

  test('gives nginx what docs/by-hand.md gives it', async () => {
    const page = await readFile(join(CLONE, 'docs/by-hand.md'), 'utf8');
    const [, snippet] = /snippets\/certbot-ha\.conf <<'END'\n([\s\S]*?)END\n/.exec(page) ?? [];
    const copies = (await tasks()).map((task) => task['ansible.builtin.copy']);
    expect(copies).toContainEqual(
      expect.objectContaining({ content: snippet, dest: '/etc/nginx/snippets/certbot-ha.conf' }),
    );
  });

  test('is one that Ansible can read', async ({ directory, skip }) => {
    const env = { PATH: process.env['PATH'], HOME: directory, LC_ALL: 'C.UTF-8' };
    const argv = ['ansible-playbook', '--syntax-check', '-i', 'web1,', PLAYBOOK];
    const ended = await run(argv, { env }).catch(() => null);
    if (ended === null) return skip('Ansible is not installed');
    expect(ended).toMatchObject({ code: 0 });
  });
});
