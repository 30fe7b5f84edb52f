import type { Finding } from '../../../lib/findings/register.ts';
import { lineOf } from '../../../lib/findings/words.ts';
import { mkdir, open, readdir, readFile, symlink, writeFile, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, onTestFinished, vi } from 'vitest';
import type { Leaf } from '../../../lib/lineage/generation.ts';
import { tellDamage } from '../../../lib/state/damage.ts';
import { createOutstanding, outstandingAt, type Outstanding } from '../../../lib/state/outstanding.ts';
import { noDamage } from '../../support/no-damage.ts';
import { expect, test } from '../../support/temporary.ts';

const ID = 'a'.repeat(64);
const REFUSED: Finding = { code: 'connection-refused', who: 'agent', port: 9480, error: 'ECONNREFUSED' };
const delivery = (
  node: string,
  lineage = 'www.example.test',
  more: Partial<Outstanding> = {},
): Outstanding => ({
  ...{ node, lineage, id: ID, reason: REFUSED, since: '2026-11-24T00:00:00.000Z' },
  ...more,
});

const openIn = (stateDir: string) => createOutstanding(stateDir, noDamage);

const HERE = { nodes: ['web2'], lineages: ['www.example.test'], ids: [] };

describe('what is outstanding', () => {
  test('is nothing where nothing was written down', async ({ directory }) => {
    const list = openIn(join(directory, 'state'));
    expect(await list.list()).toEqual([]);
    await list.done('web2', 'www.example.test', [ID]);
    await list.add([]);
    expect(await list.list()).toEqual([]);
  });

  test('is kept for the next process, readable for people', async ({ directory }) => {
    await openIn(directory).add([delivery('web2')]);
    expect(await openIn(directory).list()).toEqual([delivery('web2')]);
    expect(await readFile(join(directory, 'outstanding.json'), 'utf8')).toMatch(
      /^\[\n {2}\{\n {4}"node": "web2",/,
    );
  });

  test('is one delivery a node and lineage: a later one brings its id and reason, and keeps the time of the first', async ({
    directory,
  }) => {
    const list = openIn(directory);
    await list.add([delivery('web2'), delivery('web3'), delivery('web2', 'b.example.test')]);
    const later = {
      id: 'b'.repeat(64),
      reason: { code: 'agent-silent' } as const,
      since: '2026-11-25T00:00:00.000Z',
    };
    await list.add([delivery('web2', 'www.example.test', later)]);
    const after = await list.list();
    expect(after).toHaveLength(3);
    expect(after).toContainEqual({ ...delivery('web2'), ...later, since: '2026-11-24T00:00:00.000Z' });
  });

  test('is done for one node and lineage alone', async ({ directory }) => {
    const list = openIn(directory);
    await list.add([delivery('web2'), delivery('web3'), delivery('web2', 'b.example.test')]);
    await list.done('web2', 'www.example.test', [ID]);
    expect(await list.list()).toEqual([delivery('web3'), delivery('web2', 'b.example.test')]);
    await list.done('web9', 'www.example.test', [ID]);
    expect(await list.list()).toHaveLength(2);
  });

  test('stays when it is another bundle that has arrived', async ({ directory }) => {
    const list = openIn(directory);
    await list.add([delivery('web2', 'www.example.test', { id: 'b'.repeat(64) })]);
    await list.done('web2', 'www.example.test', [ID]);
    expect(await list.list()).toHaveLength(1);
    await list.done('web2', 'www.example.test', [ID, 'b'.repeat(64)]);
    expect(await list.list()).toEqual([]);
  });

  test('loses nothing when many add and are done at once', async ({ directory }) => {
    const names = Array.from({ length: 12 }, (_, index) => `web${index}`);
    await openIn(directory).add([delivery('gone')]);
    await Promise.all([
      ...names.map(async (name) => await openIn(directory).add([delivery(name)])),
      openIn(directory).done('gone', 'www.example.test', [ID]),
    ]);
    const list = await openIn(directory).list();
    expect(list.map(({ node }) => node).toSorted()).toEqual(names.toSorted());
    expect(await readdir(directory)).toEqual(['outstanding.json']);
  });
});

describe('what an earlier version has left in owed.json', () => {
  const old = delivery('web2', 'www.example.test', { reason: { code: 'inbox-full' } });

  test('is outstanding, and moves when anything is written', async ({ directory }) => {
    await writeFile(join(directory, 'owed.json'), JSON.stringify([old, delivery('web3')]));
    const list = openIn(directory);
    expect(await list.list()).toEqual([old, delivery('web3')]);
    await list.done('web3', 'www.example.test', [ID]);
    expect(await readdir(directory)).toEqual(['outstanding.json']);
    expect(await list.list()).toEqual([old]);
  });

  test('moves at the next sync though nothing of it is done', async ({ directory }) => {
    await writeFile(join(directory, 'owed.json'), JSON.stringify([old]));
    await openIn(directory).keep([old], HERE);
    expect(await readdir(directory)).toEqual(['outstanding.json']);
    expect(await openIn(directory).list()).toEqual([old]);
  });

  test('is not lost where the move was interrupted, and keeps its time', async ({ directory }) => {
    // outstanding.json is written before owed.json goes, so that a kill in between leaves both.
    const later = { reason: { code: 'agent-silent' } as const, since: '2026-11-26T00:00:00.000Z' };
    await writeFile(join(directory, 'owed.json'), JSON.stringify([old, delivery('web3')]));
    const current = [delivery('web2', 'www.example.test', later)];
    await writeFile(join(directory, 'outstanding.json'), JSON.stringify(current));
    const both = [delivery('web3'), { ...old, ...later, since: old.since }];
    expect(await openIn(directory).list()).toEqual(both);
    await openIn(directory).add([delivery('web1')]);
    expect(await readdir(directory)).toEqual(['outstanding.json']);
    expect(await openIn(directory).list()).toEqual([...both, delivery('web1')]);
  });

  test('has a line for its reason', async ({ directory }) => {
    const line = 'agent port 9480: connection refused';
    await writeFile(join(directory, 'owed.json'), JSON.stringify([{ ...old, reason: line }]));
    const reason = { code: 'unknown-finding', was: '', line };
    expect(await openIn(directory).list()).toEqual([{ ...old, reason }]);
  });

  test('is told of and passed over where it is damaged', async ({ directory }) => {
    await writeFile(join(directory, 'owed.json'), '[{"node":');
    const told: string[] = [];
    const list = createOutstanding(directory, ({ file }) => void told.push(basename(file)));
    expect(await list.list()).toEqual([]);
    expect(told).toEqual(['owed.json']);
    await list.add([delivery('web2')]);
    expect((await readdir(directory)).toSorted()).toEqual(['backup', 'outstanding.json']);
    expect(await asideIn(directory)).toEqual([['refused-owed.json', '[{"node":']]);
  });
});

/** What has been moved to the backups, without the end of its name. */
async function asideIn(directory: string): Promise<readonly (readonly string[])[]> {
  const names = await readdir(join(directory, 'backup'));
  return await Promise.all(
    names.map(async (name) => [
      name.replace(/-[0-9a-f-]{36}$/, ''),
      await readFile(join(directory, 'backup', name), 'utf8'),
    ]),
  );
}

describe('an entry that is not understood', () => {
  const odd = { ...delivery('web3'), lineage: '../up' };
  const written = JSON.stringify([delivery('web2'), odd]);

  test('is passed over and told of, and the others are outstanding', async ({ directory }) => {
    await writeFile(join(directory, 'outstanding.json'), written);
    const said: string[] = [];
    const list = createOutstanding(
      directory,
      tellDamage((line) => void said.push(line)),
    );
    expect(await list.list()).toEqual([delivery('web2')]);
    expect(said).toEqual([
      `${join(directory, 'outstanding.json')}: not as it should be, passed over: entry 2 (lineage) [state-entries-damaged]`,
    ]);
  });

  test('is kept in the backups when something else is done', async ({ directory }) => {
    await writeFile(join(directory, 'outstanding.json'), written);
    const list = createOutstanding(directory, () => undefined);
    await list.done('zz', 'www.example.test', [ID]);
    expect(await list.list()).toEqual([delivery('web2')]);
    expect(await asideIn(directory)).toEqual([['refused-outstanding.json', written]]);
  });
});

test('what is sound of it stays where the new file cannot be written', async ({ directory }) => {
  const odd = { ...delivery('web3'), lineage: '../up' };
  await writeFile(join(directory, 'outstanding.json'), JSON.stringify([delivery('web2'), odd]));
  const list = createOutstanding(directory, () => undefined);
  const handle = await open('/dev/null');
  const full = vi.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'writeFile');
  onTestFinished(() => full.mockRestore());
  await handle.close();
  full.mockRejectedValueOnce(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', errno: -28 }));
  await expect(list.add([delivery('web4')])).rejects.toThrow('ENOSPC');
  expect(await list.list()).toEqual([delivery('web2')]);
});

test('a damaged file is no trouble where stateDir is a link', async ({ directory }) => {
  const linked = join(directory, 'linked');
  await mkdir(join(directory, 'real', 'outstanding.json'), { recursive: true });
  await symlink(join(directory, 'real'), linked);
  const list = createOutstanding(linked, () => undefined);
  await list.add([delivery('web2')]);
  expect(await list.list()).toEqual([delivery('web2')]);
  await writeFile(join(linked, 'outstanding.json'), '[{"node":');
  await list.add([delivery('web3')]);
  expect(await list.list()).toEqual([delivery('web3')]);
});

test('a reason that another node has made long is kept in brief', () => {
  const said = Array.from({ length: 100 }, () => 'x'.repeat(1_000));
  const reason = {
    code: 'web-server-test-failed',
    command: 'nginx -t',
    end: 'ended with exit 1',
    said,
  } as const;
  const kept = outstandingAt({ name: 'web2' }, { lineage: 'a', leaf: { sha256: ID } as Leaf }, reason);
  expect(JSON.stringify(kept).length).toBeLessThan(2_500);
  expect(kept.reason).toMatchObject({ code: 'web-server-test-failed', command: 'nginx -t' });
});

test('a file that is cut off is kept in the backups before it is written anew', async ({ directory }) => {
  await writeFile(join(directory, 'outstanding.json'), '[{"node":');
  await createOutstanding(directory, () => undefined).keep([], HERE);
  expect(await asideIn(directory)).toEqual([['refused-outstanding.json', '[{"node":']]);
});

describe('a reason whose code another version has', () => {
  const line = 'the moon is in the way';
  const theirs = {
    ...delivery('web2'),
    reason: { code: 'moon-in-the-way', phase: 'full' },
    line: `${line} [moon-in-the-way]`,
  };

  test('is worded by the line beside it, also when the file has been written anew', async ({ directory }) => {
    await writeFile(join(directory, 'outstanding.json'), JSON.stringify([theirs]));
    const list = openIn(directory);
    const reason = { code: 'unknown-finding', was: 'moon-in-the-way', line };
    expect(await list.list()).toEqual([
      delivery('web2', 'www.example.test', { reason } as Partial<Outstanding>),
    ]);
    await list.add([delivery('web3')]);
    expect((await list.list())[0]).toMatchObject({ node: 'web2', reason });
  });

  test('has its line beside it for the other one', async ({ directory }) => {
    await openIn(directory).add([delivery('web2')]);
    expect(JSON.parse(await readFile(join(directory, 'outstanding.json'), 'utf8'))).toEqual([
      { ...delivery('web2'), line: lineOf(REFUSED) },
    ]);
  });
});
