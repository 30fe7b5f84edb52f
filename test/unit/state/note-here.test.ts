import { cp, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { goneHere } from '../../../lib/lineage/by-hand.ts';
import { noteHere } from '../../../lib/state/note-here.ts';
import { createRecords } from '../../../lib/state/records.ts';
import { expect, test } from '../../support/temporary.ts';
import { noDamage } from '../../support/no-damage.ts';

const [A, B, C] = ['a.example.test', 'b.example.test', 'c.example.test'];

interface Node {
  readonly configDir: string;
  readonly records: ReturnType<typeof createRecords>;
}

/** What can be seen of a lineage from here. */
async function has({ configDir }: Pick<Node, 'configDir'>, ...lineages: readonly string[]): Promise<void> {
  for (const lineage of lineages) {
    for (const part of [`live/${lineage}`, `archive/${lineage}`, 'renewal'])
      await mkdir(join(configDir, part), { recursive: true });
    await writeFile(join(configDir, 'renewal', `${lineage}.conf`), '');
  }
}

/** As certbot delete, and certbot revoke, do it. */
async function certbotDelete({ configDir }: Node, ...lineages: readonly string[]): Promise<void> {
  for (const lineage of lineages)
    for (const part of [`live/${lineage}`, `archive/${lineage}`, `renewal/${lineage}.conf`])
      await rm(join(configDir, part), { recursive: true });
}

async function empty({ configDir }: Node): Promise<void> {
  await rm(configDir, { recursive: true });
  await mkdir(configDir);
}

async function copyBack({ configDir }: Node): Promise<void> {
  await cp(configDir, `${configDir}-copy`, { recursive: true });
  await rm(configDir, { recursive: true });
  await rename(`${configDir}-copy`, configDir);
}

type Mishap = (node: Node) => Promise<void>;

test.for<readonly [string, Mishap, byHand: readonly string[], lost: readonly string[]]>([
  ['one of three is deleted', async (node) => certbotDelete(node, B), [B], []],
  ['two of three are', async (node) => certbotDelete(node, A, B), [A, B], []],
  ['all are', async (node) => certbotDelete(node, A, B, C), [A, B, C], []],
  [
    'one is, and then the others',
    async (node) => {
      await certbotDelete(node, A);
      await noteHere(node.configDir, node.records);
      await certbotDelete(node, B, C);
    },
    [A, B, C],
    [],
  ],
  ['the directory is emptied', empty, [], []],
  [
    'the directory is emptied, and the first has come',
    async (node) => {
      await empty(node);
      await has(node, A);
      await noteHere(node.configDir, node.records);
    },
    [],
    [B, C],
  ],
  [
    'live, archive and renewal are removed, and certbot has issued one',
    async (node) => {
      for (const part of ['live', 'archive', 'renewal'])
        await rm(join(node.configDir, part), { recursive: true });
      await has(node, A, B);
    },
    [],
    [C],
  ],
  [
    'the directory is copied to a new disk, and two are deleted',
    async (node) => {
      await copyBack(node);
      await certbotDelete(node, A, C);
    },
    [A, C],
    [],
  ],
  [
    'a backup is restored that is older than one of them',
    async (node) => {
      await certbotDelete(node, B);
      await writeFile(join(node.configDir, 'live', 'certbot-ha-lineages'), await listOf(node, A, C));
    },
    [],
    [B],
  ],
  [
    'live is not mounted',
    async ({ configDir }) => {
      await rm(join(configDir, 'renewal'), { recursive: true });
      await rename(join(configDir, 'live'), join(configDir, 'away'));
      await symlink('/nonexistent/live', join(configDir, 'live'));
    },
    [],
    [],
  ],
  [
    'the list is cut off',
    async (node) => {
      await certbotDelete(node, A, B);
      await writeFile(join(node.configDir, 'live', 'certbot-ha-lineages'), '');
    },
    [A, B],
    [],
  ],
  [
    'one is deleted and told, and the directory lost after that',
    async (node) => {
      await certbotDelete(node, A);
      await node.records.writeInstalled({ ...recordOf(A), goneSince: '2026-11-25T00:00:00.000Z' });
      await empty(node);
      await has(node, C);
    },
    [A],
    [B],
  ],
])('when %s, what is gone is known', async ([, mishap, byHand, lost], { directory }) => {
  const node = await nodeIn(directory);
  await has(node, A, B, C);
  await noteHere(node.configDir, node.records);
  await mishap(node);
  await expectGone(node, { byHand, lost });
  // The same after a sync has looked.
  await noteHere(node.configDir, node.records);
  await expectGone(node, { byHand, lost });
});

test('what was gone before an upgrade stays so', async ({ directory }) => {
  const node = await nodeIn(directory);
  await has(node, A, C);
  await expectGone(node, { byHand: [B], lost: [] });
  await noteHere(node.configDir, node.records);
  await certbotDelete(node, A);
  await expectGone(node, { byHand: [A, B], lost: [] });
});

test('a node without lineages gets no list', async ({ directory }) => {
  const node = { configDir: join(directory, 'letsencrypt'), records: createRecords(directory, noDamage) };
  await has(node, A);
  await noteHere(node.configDir, node.records);
  await expect(listOf(node)).rejects.toThrow('ENOENT');
  expect(await node.records.hasList()).toBe(false);
});

function recordOf(lineage: string) {
  const [notBefore, notAfter] = ['2026-11-24T00:00:00.000Z', '2027-02-24T00:00:00.000Z'];
  const leaf = { sha256: 'a'.repeat(64), serial: '01', notBefore, notAfter };
  return { lineage, leaf, number: 1, names: [lineage], from: 'web2', installedAt: notBefore };
}

async function nodeIn(directory: string): Promise<Node> {
  const records = createRecords(join(directory, 'state'), noDamage);
  for (const lineage of [A, B, C]) await records.writeInstalled(recordOf(lineage));
  return { configDir: join(directory, 'letsencrypt'), records };
}

/** The list as it is; of these lineages alone where any are named. */
async function listOf({ configDir }: Node, ...only: readonly string[]): Promise<string> {
  const text = await readFile(join(configDir, 'live', 'certbot-ha-lineages'), 'utf8');
  const isKept = (line: string) => only.length === 0 || !/^[abc]/.test(line) || only.includes(line);
  return text.split('\n').filter(isKept).join('\n');
}

async function expectGone(
  { configDir, records }: Node,
  expected: Readonly<Record<'byHand' | 'lost', readonly string[]>>,
): Promise<void> {
  const { byHand, lost } = await goneHere(configDir, await records.installed(), await records.hasList());
  expect({ byHand: byHand.toSorted(), lost: lost.toSorted() }).toEqual(expected);
}
