// @module-tag slow
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect } from 'vitest';
import { readArchitecture, type Architecture } from '../../scripts/architecture.ts';
import { problemsOf } from '../../scripts/layer-check.ts';
import { directoryOf } from '../../scripts/layer-rules.ts';
import { test } from '../support/copy.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = 'docs/architecture.md';
const OUT = '../../test';
const UP = '../state/records.ts';
const BELONGS =
  'L2 (what a node keeps and runs, and how nodes talk) stands above lineage/ (L1): ' +
  'what both use belongs in lineage/ or a room below it; what uses both belongs in L2 or above';

describe('an import of a higher room', () => {
  test('is refused in every form, with the place where the code belongs', async ({ copy }) => {
    const forms = [
      `import { x } from '${UP}';\nexport const y = x;`,
      `import type { X } from '${UP}';\nexport type Y = X;`,
      `import { type X } from '${UP}';\nexport type Y = X;`,
      `export const load = async () => await import('${UP}');`,
      `import '${UP}';`,
      `export { x } from '${UP}';`,
      `export * from '${UP}';`,
      `export type { X } from '${UP}';`,
      `export * from './../../lib/state/records.ts';`,
    ];
    const fileOf = (index: number) => `lib/lineage/planted-${index}.ts`;
    await Promise.all(forms.map(async (form, index) => await copy.plant(fileOf(index), `${form}\n`)));
    const complaints = await copy.lint('lib/lineage');
    for (const [index, form] of forms.entries()) {
      const own = complaints.filter(({ file }) => file === fileOf(index));
      expect([form, own.map(({ message }) => message)]).toEqual([form, [expect.stringContaining(BELONGS)]]);
    }
  });

  test('from a directory within the room is refused', async ({ copy }) => {
    await copy.plant('lib/lineage/deep/planted.ts', `export * from '../${UP}';\n`);
    const complaints = await copy.lint('lib/lineage/deep');
    expect(complaints.map(({ message }) => message)).toEqual([expect.stringContaining(BELONGS)]);
  });

  test('in the place of a type is refused, as all of this form', async ({ copy }) => {
    await copy.plant('lib/lineage/planted.ts', `export type Y = import('${UP}').X;\n`);
    const complaints = await copy.lint('lib/lineage/planted.ts');
    expect(complaints.map(({ rule }) => rule)).toEqual(['typescript(consistent-type-imports)']);
  });

  test('by a name that is made at run time is found', async ({ copy }) => {
    const text = 'export const load = async (x: string) => await import(`../${x}`);\n';
    await copy.plant('lib/lineage/planted.ts', text);
    expect(await problemsOf(copy.directory)).toEqual([
      'lib/lineage/planted.ts: import() of what is no plain text: the layers cannot be checked',
    ]);
  });

  test.for(['.././rollout/sync.ts', '../../lib/../lib/rollout/sync.ts', '../rollout/../rollout/sync.ts'])(
    'by a way round, %s, is found',
    async (path, { copy }) => {
      await copy.plant('lib/lineage/planted.ts', `export { sync } from '${path}';\n`);
      expect(await problemsOf(copy.directory)).toContain(
        `lib/lineage/planted.ts: '${path}' is '../rollout/sync.ts': an import goes the shortest way, or the layers cannot be checked`,
      );
    },
  );
});

test('what each room may import is what the tables say', async ({ copy }) => {
  const architecture = readArchitecture(await readFile(join(ROOT, PAGE), 'utf8'));
  const rooms = architecture.layers.flatMap((layer) => layer.rooms);
  await Promise.all(rooms.map(async (room) => await copy.plant(...importsOfAll(room, rooms))));
  const complaints = await copy.lint('lib', 'hooks');
  const refused = complaints.filter(({ rule }) => rule === 'eslint(no-restricted-imports)');
  for (const room of rooms) {
    const inRoom = refused.filter(({ file }) => file === `${directoryOf(room)}/planted.ts`);
    const allowed = rooms.filter((_, index) => !inRoom.some(({ line }) => line === index + 1));
    expect([room, allowed]).toEqual([room, rooms.filter((other) => mayImport(architecture, room, other))]);
  }
});

test('what is not shipped is imported by nothing that is', async ({ copy }) => {
  await copy.plant('lib/base/planted.ts', `export * from '${OUT}/support/tree.ts';\n`);
  const complaints = await copy.lint('lib/base');
  expect(complaints.map(({ message }) => message)).toEqual([
    expect.stringContaining(
      'test/, bench/, scripts/ are not shipped and base/ is: what both use belongs in lib/',
    ),
  ]);
});

describe('a circle of files', () => {
  const back = `import type { One } from './one.ts';\nexport type Two = One | 2;\n`;

  test('is refused, also where it is one of types', async ({ copy }) => {
    await copy.plant('lib/base/one.ts', `import type { Two } from './two.ts';\nexport type One = Two | 1;\n`);
    await copy.plant('lib/base/two.ts', back);
    const complaints = await copy.lint('lib/base');
    expect(complaints.map(({ rule }) => rule)).toContain('import(no-cycle)');
  });

  test('is found where an import at run time closes it', async ({ copy }) => {
    await copy.plant('lib/base/one.ts', `export const one = async () => await import('./two.ts');\n`);
    await copy.plant('lib/base/two.ts', back);
    expect(await problemsOf(copy.directory)).toEqual([
      'a circle: lib/base/one.ts -> lib/base/two.ts -> lib/base/one.ts',
    ]);
  });
});

test.for<readonly [string, readonly string[], number, readonly string[], string]>([
  ['a file of more than 200 lines', ['export const x = 1;'], 199, [], 'File has too many lines (201)'],
  ['a function of more than 60', ['export function f(): void {'], 58, ['}'], 'has too many lines (61)'],
])('%s is refused', async ([, head, most, tail, message], { copy }) => {
  const path = 'lib/base/long.ts';
  const text = (count: number) =>
    [...head, ...Array.from({ length: count }, () => '  // a line'), ...tail].join('\n');
  await copy.plant(path, text(most));
  expect(await copy.lint(path)).toEqual([]);
  await copy.plant(path, text(most + 1));
  expect((await copy.lint(path)).map((complaint) => complaint.message)).toEqual([
    expect.stringContaining(message),
  ]);
});

/** A file of this room that imports something of every room, a line each. */
function importsOfAll(room: string, rooms: readonly string[]): [path: string, text: string] {
  const up = room === 'hooks' ? '..' : '../..';
  const lines = rooms.map((other) => `export * from '${up}/${directoryOf(other)}/other.ts';`);
  return [`${directoryOf(room)}/planted.ts`, `${lines.join('\n')}\n`];
}

/** The rule of the page in its own words; a room may import itself. */
function mayImport({ layers, agent }: Architecture, room: string, other: string): boolean {
  if (room === other) return true;
  if (room === 'agent') return agent.get(other)?.isAllowed === true;
  const floor = (name: string) => layers.findIndex(({ rooms }) => rooms.includes(name));
  if (floor(room) !== floor(other)) return floor(other) < floor(room);
  const { rooms = [], isOrdered = false } = layers[floor(room)] ?? {};
  return isOrdered && rooms.indexOf(other) < rooms.indexOf(room);
}
