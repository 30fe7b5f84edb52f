import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readDeployEnvironment, readHookEnvironment } from '../../../lib/certbot/environment.ts';
import { CLONE, COMMANDS } from '../../lab/dist.ts';
import { makeChallenge } from '../../support/cluster/challenge.ts';
import { commands, optionsOf } from '../../support/commands.ts';
import { entriesOf, readPage, sectionOf } from '../../support/markdown.ts';

const HOOKS = ['certbot-ha-auth', 'certbot-ha-cleanup', 'certbot-ha-deploy'] as const;
const pageOf = async (name: string) => await readPage(`docs/${name}.8.md`);

test('certbot-ha(8) has every command, with each of its options in the synopsis and in what is said of it', async () => {
  const page = await pageOf('certbot-ha');
  const entries = entriesOf(sectionOf(page, '## COMMANDS'));
  const synopsis = sectionOf(page, '## SYNOPSIS');
  const found = await commands();
  expect(found.length).toBeGreaterThan(15);
  for (const command of found) {
    const [name = ''] = command.command.split(' ');
    const lines = synopsis.split('\\\n').filter((line) => line.includes(` **${name}**`));
    expect([name, lines.length > 0, entries.has(name)]).toEqual([name, true, true]);
    for (const names of await optionsOf(command)) {
      const inSynopsis = names.some((option) => lines.join('\n').includes(`**${option}**`));
      const isTold = names.every((option) => entries.get(name)?.includes(`**${option}`) === true);
      expect([name, names, inSynopsis, isTold]).toEqual([name, names, true, true]);
    }
  }
});

/** The variables that certbot sets and a hook reads. */
function readBy(hook: (typeof HOOKS)[number]): readonly string[] {
  const read = new Set<string>();
  const recorded = (values: NodeJS.ProcessEnv) =>
    new Proxy(values, {
      get: (from, name) => {
        read.add(String(name));
        return from[String(name)];
      },
    });
  if (hook === 'certbot-ha-deploy') {
    readDeployEnvironment(recorded({ RENEWED_LINEAGE: '/x', RENEWED_DOMAINS: 'www.example.com' }));
  } else {
    const { token, keyAuthorization } = makeChallenge('www.example.com');
    // Without those of certbot 5.3, both are looked for.
    readHookEnvironment(
      recorded({
        CERTBOT_DOMAIN: 'www.example.com',
        CERTBOT_TOKEN: token,
        CERTBOT_VALIDATION: keyAuthorization,
      }),
    );
  }
  return [...read].toSorted();
}

test.for(HOOKS)(
  '%s(8) has the variables that the hook reads, its options and its exit codes',
  async (hook) => {
    const page = await pageOf(hook);
    expect(page).toMatch(new RegExp(`^# ${hook}\\(8\\)\n\n## NAME\n\n${hook} - \\S`));
    const variables = [...entriesOf(sectionOf(page, '## ENVIRONMENT')).keys()];
    expect(variables).toEqual(
      expect.arrayContaining([...readBy(hook), 'CERTBOT_HA_CONFIG', 'CERTBOT_HA_NODE']),
    );
    const ofCertbot = variables.filter((name) => /^(?:RENEWED|CERTBOT(?!_HA))_/.test(name));
    expect(ofCertbot.toSorted()).toEqual(readBy(hook));
    expect([...entriesOf(sectionOf(page, '## OPTIONS')).keys()]).toEqual(['--config', '--help']);
    expect(sectionOf(page, '## EXIT STATUS').match(/^\d+(?=\n: )/gm)).toEqual(['0', '1', '2']);
    expect(sectionOf(page, '## SYNOPSIS')).toContain(`**${hook}** [**--config** _FILE_]`);
  },
);

test('the manual has every variable that is read anywhere', async () => {
  const pages = await Promise.all(['certbot-ha', ...HOOKS].map(pageOf));
  const documented = new Set(
    pages.flatMap((page) => [...entriesOf(sectionOf(page, '## ENVIRONMENT')).keys()]),
  );
  const names = await readdir(join(CLONE, 'lib'), { recursive: true });
  const sources = await Promise.all(
    names
      .filter((name) => name.endsWith('.ts'))
      .map(async (name) => await readFile(join(CLONE, 'lib', name), 'utf8')),
  );
  const read = new Set(
    sources.flatMap((text) => [...text.matchAll(/\benv\['(\w+)'\]/g)].map(([, name = '']) => name)),
  );
  expect([...read].filter((name) => !documented.has(name))).toEqual([]);
  expect(read.size).toBeGreaterThan(10);
});

test('certbot-ha(8) has every program that is installed', async () => {
  const page = await pageOf('certbot-ha');
  for (const name of Object.keys(COMMANDS)) expect(sectionOf(page, '## SYNOPSIS')).toContain(`**${name}**`);
});
