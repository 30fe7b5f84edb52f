// @module-tag slow
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { NAME } from '../support/lineage/bundle.ts';
import { environmentOf, startCli } from '../support/cluster/built.ts';
import { bundleFor, expect, test } from '../support/installer/generations.ts';

const CUT_OFF = '{"lineage":"www';

async function damage(stateDir: string, lineage: string): Promise<string> {
  const file = join(stateDir, 'journal', `${lineage}.json`);
  await mkdir(join(stateDir, 'journal'), { recursive: true });
  await writeFile(file, CUT_OFF);
  return file;
}

describe('a damaged entry of the journal', () => {
  test('ends the installation of its lineage, says what to do, and is told of once', async ({
    node,
    issued,
  }) => {
    const file = await damage(node.stateDir, NAME);
    const bundle = bundleFor(node, issued.next, 1);
    await node.deliver(bundle);
    const { code, stderr } = await node.install();
    expect(code).toBe(1);
    expect(stderr.split(file)).toHaveLength(2);
    expect(stderr).toContain('[journal-damaged]');
    expect(await node.result(bundle)).toMatchObject({ state: 'failed' });
    expect(await readdir(node.configDir).catch(() => [])).not.toContain('live');
  });

  test('keeps no other lineage from being installed', async ({ node, issued }) => {
    await damage(node.stateDir, 'other.example.test');
    const bundle = bundleFor(node, issued.next, 1);
    await node.deliver(bundle);
    expect(await node.install()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('other.example.test (no id): failed'),
    });
    expect(await node.result(bundle)).toMatchObject({ state: 'installed' });
  });
});

test('a file of the journal that is named for no lineage is to be removed, whatever else is refused', async ({
  node,
}) => {
  const file = await damage(node.stateDir, '');
  await mkdir(join(node.inbox, 'activated', 'odd'));
  await node.giveAway();
  const { code, stderr } = await node.install();
  expect(code).toBe(1);
  expect(stderr).toContain(`  ${file}: not an entry of the journal [not-a-journal-entry]\n`);
  expect(stderr).not.toContain('live/');
});

describe.for([
  ['a file', async (place: string) => await writeFile(place, ''), (place: string) => place],
  [
    'below a file',
    async (place: string) => await writeFile(place, ''),
    (place: string) => join(place, 'below'),
  ],
] as const)('a stateDir that is %s', ([, put, within]) => {
  test.for(['install-lineage', 'sync'])(
    'is an error of the configuration to %s',
    async (command, { node }) => {
      const place = join(node.directory, 'file');
      await put(place);
      const stateDir = within(place);
      await node.configure({}, { stateDir });
      const env = environmentOf(join(node.directory, 'config.yaml'));
      const { code, stderr } = await startCli(env, [command]).ended;
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: expect.stringContaining(`stateDir ${stateDir}: not writable (`),
      });
    },
  );
});
