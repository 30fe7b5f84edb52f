import { expect, test } from 'vitest';
import { complaint } from '../../../lib/doctor/check.ts';
import { nextFor } from '../../../lib/doctor/next.ts';
import { shellWord } from '../../../lib/findings/area.ts';
import type { Finding } from '../../../lib/findings/register.ts';
import { sedPattern, sedReplacement } from '../../../lib/findings/step.ts';
import { runCommand } from '../../../lib/system/run-command.ts';
import { SAMPLES_OF_BUNDLES } from '../findings/samples-of-bundles.ts';
import { SAMPLES_OF_DOCTOR } from '../findings/samples-of-doctor.ts';
import { SAMPLES_OF_NODES } from '../findings/samples-of-nodes.ts';
import { SAMPLES_OF_SELF } from '../findings/samples-of-self.ts';
import { configIn, shownSteps } from './healthy.ts';

/** Without what is quoted. */
function bare(command: string): string {
  return command.replaceAll(/'(?:[^']|'\\'')*'|"[^"]*"/g, 'WORD');
}

/** What a shell would run of it: the first word of each command. */
function programsIn(command: string): readonly string[] {
  const commands = bare(command)
    .split(/&&|\|\||[;|]/)
    .map((command) => command.trim());
  return commands.filter((command) => command !== '').map((command) => command.split(' ')[0] ?? '');
}

const PROGRAMS: ReadonlySet<string> = new Set([
  ...[
    'systemctl',
    'journalctl',
    'timedatectl',
    'nginx',
    'certbot',
    'certbot-ha',
    'dig',
    'getent',
    'ip',
    'ss',
  ],
  ...[
    'nft',
    'install',
    'test',
    'sha256sum',
    'sed',
    'grep',
    'df',
    'ls',
    'find',
    'chown',
    'mkdir',
    'printf',
    'cp',
    'cat',
  ],
  ...['systemd-analyze', 'findmnt', 'dmesg', 'chmod', 'namei', 'du', 'sort', 'tail', 'restorecon'],
]);

const SAMPLES = [...SAMPLES_OF_SELF, ...SAMPLES_OF_NODES, ...SAMPLES_OF_BUNDLES, ...SAMPLES_OF_DOCTOR];

async function expectShell(commands: readonly string[]): Promise<void> {
  for (const shell of ['sh', 'bash']) {
    const input = commands.map((command) => `${command}\n`).join('');
    const { code, stderr } = await runCommand([shell, '-n'], { input, timeoutMs: 5_000 });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }
  // An interactive zsh knows no comments, and =word is a path to it.
  expect(commands.filter((command) => /(^|\s)[#=]|\n/.test(bare(command)))).toEqual([]);
}

test('what is to be typed is commands of a shell, without comments, and all else is a note', async () => {
  const steps = SAMPLES.flatMap((found) => nextFor(found));
  const commands = steps.flatMap(({ command }) => command ?? []);
  expect(commands.length).toBeGreaterThan(40);
  // Of what a finding may leave out.
  expect(commands.filter((command) => /(?<!\/dev\/)null|undefined/.test(command))).toEqual([]);
  expect(commands.flatMap((one) => programsIn(one).filter((program) => !PROGRAMS.has(program)))).toEqual([]);
  await expectShell(commands);
  const said = shownSteps(steps);
  expect(said.filter((line) => line.startsWith('next: ')).map((line) => line.slice(6))).toEqual(commands);
});

test('every word of a command is one word to a shell, whatever it is called', async () => {
  const odd = "a b'c$(d)e\\x2df&g+h=~#;";
  const texts = new Set(['lineage', 'name', 'unit', 'path', 'directory', 'file', 'value', 'key']);
  const named = SAMPLES.map(
    (found) =>
      Object.fromEntries(
        Object.entries(found).map(([key, value]) => [
          key,
          texts.has(key) && typeof value === 'string' ? odd : value,
        ]),
      ) as unknown as Finding,
  );
  const config = configIn('/srv', { file: odd });
  const commands = named.flatMap((found) => nextFor(found, config)).flatMap(({ command }) => command ?? []);
  expect(commands.filter((command) => command.includes('x2df')).length).toBeGreaterThan(30);
  await expectShell(commands);
  expect(commands.filter((command) => bare(command).includes('x2df'))).toEqual([]);
});

test.for([
  'plain',
  'a b',
  "it's",
  'dev-disk\\x2duuid.timer',
  'a+b',
  '$HOME',
  '=ls',
  '`id`',
  'a"b',
  '!x',
  '~',
  '',
  '*',
])('a shell takes %j for one word', async (text) => {
  const argv = ['sh', '-c', `printf '%s|' ${shellWord(text)}`];
  expect((await runCommand(argv, { timeoutMs: 5_000 })).stdout).toBe(`${text}|`);
});

test('sed takes any text for what it is', async () => {
  const text = '/opt/a+b (c).d/[e]{f}^$|g\\h&i#j';
  const sed = async (script: string, input: string) =>
    (await runCommand(['sed', '-E', script], { input, timeoutMs: 5_000 })).stdout;
  expect(await sed(`/^${sedPattern(text)}$/s/^/found: /`, `${text}\n${text}x\n`)).toBe(
    `found: ${text}\n${text}x\n`,
  );
  expect(await sed(`s#(x)#\\1${sedReplacement(text)}#`, 'axb\n')).toBe(`ax${text}b\n`);
});

test('keys are compared where the configuration has them', () => {
  const config = configIn('/srv', { agent: { ...configIn('/srv').agent, keyFile: '/srv/a key' } });
  const { next } = complaint('fail', { code: 'key-mismatch', port: 9480 }, { config });
  expect(shownSteps(next)).toEqual([
    "next: sha256sum '/srv/a key'",
    'to do: compare: it has to print the same on every node',
  ]);
});

test('the way to a node is looked at from here', () => {
  const found = { code: 'no-route-to-host', who: 'node', port: 80, error: 'E' } as const;
  const { next } = complaint('fail', found, { on: { name: 'web2', address: '192.0.2.2' } });
  expect(shownSteps(next)).toEqual(['next: ip route get 192.0.2.2']);
  expect(shownSteps(complaint('fail', found).next)).toEqual(['next: ip route']);
});

test('a certbot that has failed is started by nobody, whoever renews', () => {
  const step = (unit: string) => shownSteps(nextFor({ code: 'unit-failed', unit }));
  for (const unit of ['own-renewal.service', 'certbot-ha-renew.service']) {
    expect(step(unit)).toEqual([`next: journalctl -u ${unit} -n 50`]);
  }
  expect(step('certbot-ha-sync.service')[0]).toMatch(/^next: systemctl restart certbot-ha-sync\.service /);
});
