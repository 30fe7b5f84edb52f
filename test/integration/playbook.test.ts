// @module-tag slow
// @module-tag long
import { cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { describe } from 'vitest';
import { CLONE } from '../lab/dist.ts';
import { blocksOf } from '../lab/scene/reader.ts';
import { lackOf } from '../support/packages.ts';
import { run } from '../support/programs/program.ts';
import { expect, test } from '../support/temporary.ts';

const FILE = 'packaging/ansible/certbot-ha.yml';
const INVENTORY = `[certbot_ha]
web1 certbot_ha_address=192.0.2.11
[certbot_ha:vars]
certbot_ha_vips=['192.0.2.10']
ansible_connection=local
`;

interface Play {
  readonly serial?: number;
  readonly tasks: readonly {
    readonly loop?: readonly unknown[];
    readonly 'ansible.builtin.command'?: string;
  }[];
}

describe('the Ansible playbook', () => {
  const plays = async () => load(await readFile(join(CLONE, FILE), 'utf8')) as readonly Play[];
  const textOf = async (file: string) => await readFile(join(CLONE, file), 'utf8');

  test('enables what who installs by hand enables', async () => {
    const [, words = ''] = /^systemctl enable --now (.+)$/m.exec(await textOf('docs/install.md')) ?? [];
    const wanted = words.split(' ').map((name) => (name.includes('.') ? name : `${name}.service`));
    const looped = (await plays()).flatMap(({ tasks }) => tasks.flatMap(({ loop = [] }) => loop));
    expect(looped.filter((item) => typeof item === 'string')).toEqual(wanted);
  });

  test('changes one node after another, and gives nginx what certbot-ha has for it', async () => {
    const changing = (await plays()).filter(({ serial }) => serial === 1);
    expect(changing.length).toBe((await plays()).length - 1);
    expect(changing.flatMap(({ tasks }) => tasks.map((task) => task['ansible.builtin.command']))).toContain(
      'certbot-ha snippet nginx --write --force',
    );
  });

  /** The command of docs/install.md, for what it looks at alone, in a directory of its own. */
  const documented = async (directory: string, edit: (script: string) => string = (script) => script) => {
    await cp(join(CLONE, 'packaging/ansible'), join(directory, 'packaging/ansible'), { recursive: true });
    await mkdir(join(directory, 'build'), { recursive: true });
    await writeFile(join(directory, 'build/certbot-ha_1.2.3_all.deb'), '');
    await writeFile(join(directory, 'inventory'), INVENTORY);
    const blocks = blocksOf(await textOf('docs/install.md')).map(({ text }) => text);
    const script = blocks.find((text) => text.includes('\nansible-playbook ')) ?? '';
    const env = { PATH: process.env['PATH'], HOME: directory, LC_ALL: 'C.UTF-8', ANSIBLE_NOCOLOR: '1' };
    const here = edit(`${script.trimEnd().replace('VERSION', '1.2.3')} --tags checks`);
    return await run(['bash', '-euc', here], { cwd: directory, env });
  };

  test('runs by the command of docs/install.md, and looks before it changes anything', async ({
    directory,
    skip,
  }) => {
    const lack = await lackOf(['ansible-core']);
    if (lack !== null) return skip(lack);
    const good = await documented(directory);
    expect(good).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/web1 +: ok=4 +changed=0 .*failed=0/),
    });
    await expect(stat(join(directory, 'cluster.key'))).rejects.toMatchObject({ code: 'ENOENT' });
    // A key that is there is the cluster's, and no node is asked for one.
    await writeFile(join(directory, 'cluster.key'), 'ab'.repeat(32));
    expect(await documented(directory)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/ok=2 .* skipped=2/),
    });
  });

  test.for([
    ['certbot_ha_package', '"$PWD/build/', '"build/', "'build/certbot-ha_1.2.3_all.deb'"],
    ['certbot_ha_package', '1.2.3_all', '1.2.4_all', "certbot-ha_1.2.4_all.deb'"],
    ['certbot_ha_package', '-e certbot_ha_package=', '-e other=', "'nothing'"],
    ['certbot_ha_key_file', '"$PWD/cluster.key"', 'cluster.key', "'cluster.key'"],
  ] as const)(
    'refuses a %s that would be looked for elsewhere, or is not there (%s -> %s)',
    async ([name, from, to, got], { directory, skip }) => {
      const lack = await lackOf(['ansible-core']);
      if (lack !== null) return skip(lack);
      const { code, stdout } = await documented(directory, (script) => script.replace(from, to));
      expect({ code, stdout }).toEqual({
        code: 2,
        stdout: expect.stringContaining(`${name}: expected the absolute path`),
      });
      expect(stdout).toContain(got);
      expect(stdout).not.toContain('The key on the node');
    },
  );
});
