// @module-tag slow
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect } from 'vitest';
import { problemsOf } from '../../scripts/layer-check.ts';
import { test, type Copy } from '../support/copy.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = 'docs/architecture.md';

describe('page, rules and directories', () => {
  test('agree', async () => {
    expect(await problemsOf(ROOT)).toEqual([]);
  });

  test.for<readonly [string, (copy: Copy) => Promise<unknown>, string]>([
    [
      'a room that goes to another place in the table',
      (copy) => edit(copy, '`state` `webserver` `inbox`', '`inbox` `state` `webserver`'),
      '.oxlintrc.layers.json is not what the tables of docs/architecture.md say: npm run layers',
    ],
    [
      'a room that leaves the table',
      (copy) => edit(copy, '`webserver` `inbox`', '`inbox`'),
      'lib/webserver/ is in no layer: give it a place in the tables of docs/architecture.md, then npm run layers',
    ],
    [
      'a room that comes into the table',
      (copy) => edit(copy, '`webserver` `inbox`', '`webserver` `fleet` `inbox`'),
      'docs/architecture.md: lib/fleet/ is not there',
    ],
    [
      'a directory that is new',
      async ({ directory }) => await mkdir(join(directory, 'lib/fleet')),
      'lib/fleet/ is in no layer',
    ],
    [
      'a directory that is gone',
      async ({ directory }) => await rm(join(directory, 'lib/webserver'), { recursive: true }),
      'docs/architecture.md: lib/webserver/ is not there',
    ],
    [
      'a file that lies beside the rooms',
      (copy) => copy.plant('lib/helpers.ts', 'export const x = 1;\n'),
      'lib/helpers.ts is in no room',
    ],
    [
      'a room without its sentence',
      (copy) => edit(copy, /^\| `inbox` +\| where.*\n/m, ''),
      'docs/architecture.md: inbox is not in the tables of rooms',
    ],
    [
      'a room of which nobody said whether the agent may import it',
      (copy) => edit(copy, /^\| `gate` +\| \*\*no.*\n/m, ''),
      "docs/architecture.md: gate is not in the agent's table",
    ],
    [
      'a reason that changes',
      (copy) => edit(copy, "root's work", "not the agent's work"),
      '.oxlintrc.layers.json is not what the tables',
    ],
    [
      'a file that the page names and that is gone',
      async ({ directory }) => await rm(join(directory, 'lib/gate/verdict.ts')),
      'docs/architecture.md: gate/verdict is not there',
    ],
  ])('%s, fails the check', async ([, change, message], { copy }) => {
    await change(copy);
    expect(await problemsOf(copy.directory)).toContainEqual(expect.stringContaining(message));
  });
});

async function edit({ directory }: Copy, from: string | RegExp, to: string): Promise<void> {
  const before = await readFile(join(directory, PAGE), 'utf8');
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  await writeFile(join(directory, PAGE), after);
}
