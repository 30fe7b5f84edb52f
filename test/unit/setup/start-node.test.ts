import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sayCommands, startNode } from '../../../lib/setup/start-node.ts';
import { expect, test } from '../../support/temporary.ts';

const STEPS = {
  own: ['echo one >>calls'],
  commands: [
    ['echo two >>calls', 'echo "said by two"'],
    ['echo "no bus" >&2; exit 4'],
    ['echo four >>calls'],
  ],
  notes: [],
};

function commandsIn(directory: string) {
  const here = (lines: readonly string[]) => [`cd ${directory}`, ...lines];
  return { ...STEPS, own: here(STEPS.own), commands: STEPS.commands.map(here) };
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
    hint: expect.stringContaining('--start'),
  });
  expect(await readFile(join(directory, 'calls'), 'utf8')).toBe('one\ntwo\nfour\n');
  expect(said).toEqual(
    expect.arrayContaining(['done: echo two >>calls', '  said by two', 'done: echo four >>calls']),
  );
  expect(said).not.toContain(expect.stringContaining('exit 4'));
});

test('after an interruption nothing more is run', async ({ directory }) => {
  const { said, io } = host(AbortSignal.abort());
  await expect(startNode(commandsIn(directory), io)).rejects.toMatchObject({ kind: 'failed' });
  expect(said).toEqual([]);
});

test('what would be run is told, and not run', () => {
  const { said, io } = host();
  sayCommands(STEPS, io.out);
  expect(said[0]).toBe('would run echo one >>calls');
  expect(said).toHaveLength(5);
});
