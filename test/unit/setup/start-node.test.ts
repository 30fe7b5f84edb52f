import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CertbotHaError } from '../../../lib/base/errors.ts';
import type { NodeSteps } from '../../../lib/setup/node-steps.ts';
import { sayCommands, startNode } from '../../../lib/setup/start-node.ts';
import { expect, test } from '../../support/temporary.ts';

type WebServerSettings = NonNullable<NodeSteps['part']>['webServer'];

const STEPS = {
  own: ['echo own >>calls'],
  prepare: [['echo prepared >>calls', 'echo "said by it"; echo "warned by it" >&2']],
  part: null,
  start: [['echo "no bus" >&2; exit 4'], ['echo started >>calls']],
  notes: [],
};

function commandsIn(directory: string, steps: NodeSteps = STEPS): NodeSteps {
  const here = (lines: readonly string[]) => [`cd ${directory}`, ...lines];
  return {
    ...steps,
    own: here(steps.own),
    prepare: steps.prepare.map(here),
    start: steps.start.map(here),
  };
}

function host(signal = new AbortController().signal) {
  const said: string[] = [];
  return { said, io: { env: process.env, signal, out: (line: string) => void said.push(line) } };
}

test('each command is run and told, and one that fails keeps no other from it', async ({ directory }) => {
  const { said, io } = host();
  await expect(startNode(commandsIn(directory), io)).rejects.toMatchObject({
    kind: 'failed',
    findings: [{ code: 'set-up-command-failed', end: 'exit 4', said: ['no bus'] }],
    hint: expect.stringContaining('certbot-ha init --start'),
  });
  expect(await readFile(join(directory, 'calls'), 'utf8')).toBe('own\nprepared\nstarted\n');
  expect(said).toEqual(
    expect.arrayContaining([
      'done: echo prepared >>calls',
      '  said by it',
      '  warned by it',
      'done: echo started >>calls',
    ]),
  );
});

test('no unit is started without what it needs', async ({ directory }) => {
  const steps = commandsIn(directory, { ...STEPS, prepare: [['exit 7']] });
  await expect(startNode(steps, host().io)).rejects.toMatchObject({
    findings: [{ end: 'exit 7' }],
    hint: expect.stringContaining('no unit was started'),
  });
  expect(await readFile(join(directory, 'calls'), 'utf8')).toBe('own\n');
});

test('the web server gets its part, and its refusal keeps no unit from being started', async ({
  directory,
}) => {
  await mkdir(join(directory, 'etc/nginx'), { recursive: true });
  const partFor = (test: string) => {
    const webServer: WebServerSettings = {
      kind: 'nginx',
      test: ['sh', '-c', test],
      reload: ['true'],
      runsOn: 'all',
    };
    const part = {
      line: 'certbot-ha snippet nginx --write',
      kind: 'nginx',
      webroot: '/srv/acme',
      lookup: null,
      webServer,
    } as const;
    return commandsIn(directory, { ...STEPS, part, start: [['echo started >>calls']] });
  };
  const { said, io } = host();
  await expect(startNode(partFor('exit 1'), { ...io, root: directory })).rejects.toMatchObject({
    findings: [{ code: 'web-server-test-failed' }],
  });
  expect(await readFile(join(directory, 'calls'), 'utf8')).toContain('started');
  await startNode(partFor('exit 0'), { ...io, root: directory });
  expect(said).toContain('done: certbot-ha snippet nginx --write');
  const part = await readFile(join(directory, 'etc/nginx/snippets/certbot-ha.conf'), 'utf8');
  expect(part).toContain('root /srv/acme;');
});

test('after an interruption nothing more is run', async ({ directory }) => {
  const { said, io } = host(AbortSignal.abort());
  await expect(startNode(commandsIn(directory), io)).rejects.toMatchObject({ kind: 'failed' });
  expect(said).toEqual([]);
});

test('what would be run is told, and not run', async () => {
  const { said, io } = host();
  const hold = async (isDryRun: boolean) => await Promise.resolve(io.out(`hold ${isDryRun}`));
  await sayCommands(STEPS, { ...io, hold });
  expect(said[0]).toBe('would run echo own >>calls');
  expect(said[3]).toBe('hold true');
  expect(said).toHaveLength(6);
});

test('systemd holds the addresses before the units start, which do so where it cannot', async ({
  directory,
}) => {
  const steps = commandsIn(directory, { ...STEPS, start: [['echo started >>calls']] });
  const found = {
    code: 'set-up-command-failed',
    command: 'systemctl start',
    end: 'exit 1',
    said: [],
  } as const;
  const calls = join(directory, 'calls');
  const hold = async () => {
    await appendFile(calls, 'held\n');
    throw new CertbotHaError('failed', found);
  };
  await expect(startNode(steps, { ...host().io, hold })).rejects.toMatchObject({
    findings: [found],
    hint: 'everything else is done; certbot-ha init --start, here, tries it again',
  });
  expect(await readFile(calls, 'utf8')).toBe('own\nprepared\nheld\nstarted\n');
  await rm(calls);
  const unprepared = commandsIn(directory, { ...STEPS, prepare: [['exit 7']] });
  await expect(startNode(unprepared, { ...host().io, hold })).rejects.toMatchObject({
    findings: [{ end: 'exit 7' }],
  });
  expect(await readFile(calls, 'utf8')).toBe('own\n');
});
