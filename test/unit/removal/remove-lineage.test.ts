import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { failure, OK, type Outcome } from '../../../lib/base/outcome.ts';
import { asideOf, putBack } from '../../../lib/removal/aside.ts';
import { removeLineage, type RemovalOptions } from '../../../lib/removal/remove-lineage.ts';
import { LIMITS } from '../../../lib/system/limits.ts';
import { pause } from '../../../lib/system/pause.ts';
import { timeLimit } from '../../../lib/system/time-limit.ts';
import { NAME, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test, type Issued } from '../../support/lineage/certificates.ts';

interface Host {
  readonly configDir: string;
  readonly backup: string;
  remove(more?: Partial<RemovalOptions>): ReturnType<typeof removeLineage>;
  /** Which of live/ and archive/ are there, as a web server sees them. */
  there(): Promise<readonly string[]>;
}

async function hostWith(directory: string, issued: Issued): Promise<Host> {
  const [configDir, backup] = [join(directory, 'letsencrypt'), join(directory, 'backup')];
  await writeIssuerTree(configDir, [issued]);
  const there = async () => {
    const parts = ['archive', 'live'].map(async (part) => await readdir(join(configDir, part)));
    return (await Promise.all(parts)).flat().filter((name) => name !== 'README');
  };
  const options = {
    ...{ configDir, backup, isKnown: true, isForced: false, isTrial: false, begun: null, now: new Date() },
    ...{ uses: usesWith(async () => OK), onRemoval: async () => undefined },
    limit: timeLimit(LIMITS.roundMs),
  };
  const remove: Host['remove'] = async (more) => await removeLineage(NAME, { ...options, ...more });
  return { configDir, backup, remove, there };
}

const usesWith = (
  run: () => Promise<Outcome>,
  more: Partial<RemovalOptions['uses']> = {},
): RemovalOptions['uses'] => ({ hasTest: true, seen: async () => [], test: run, ...more });

const failed = failure({ code: 'web-server-test-failed', command: 'nginx -t', end: 'exit 1', said: [] });
const SERVED = {
  code: 'lineage-served',
  lineage: NAME,
  name: NAME,
  address: '192.0.2.1',
  port: 443,
} as const;

test('a trial, and what is seen in use, hides nothing from the web server and asks it nothing', async ({
  ca,
  directory,
}) => {
  const host = await hostWith(directory, await ca.issue([NAME]));
  const uses = usesWith(async () => await Promise.reject(new Error('tested')));
  expect(await host.remove({ isTrial: true, uses })).toEqual({ state: 'possible' });
  const shown = usesWith(uses.test, { seen: async () => [SERVED] });
  for (const isTrial of [true, false])
    expect(await host.remove({ isTrial, uses: shown })).toEqual({
      ...{ state: 'refused', isTested: false },
      findings: [SERVED],
    });
  expect(await host.there()).toEqual([NAME, NAME]);
});

test('what is seen in use, or nobody can tell of, goes where it is forced', async ({ ca, directory }) => {
  const host = await hostWith(directory, await ca.issue([NAME]));
  const uses = usesWith(async () => OK, { hasTest: false });
  for (const isTrial of [true, false])
    expect(await host.remove({ isTrial, uses })).toMatchObject({
      state: 'refused',
      findings: [{ code: 'no-test' }],
    });
  expect(await host.remove({ isForced: true, uses })).toMatchObject({ state: 'removed' });
  expect(await host.there()).toEqual([]);
});

test('a directory that cannot be moved aside leaves none aside', async ({ ca, directory }) => {
  const host = await hostWith(directory, await ca.issue([NAME]));
  const uses = usesWith(async () => failed, {
    // Between the look and the renaming: a directory that is not empty is in the way.
    seen: async ({ archive }) => {
      await mkdir(join(asideOf(archive ?? ''), 'x'), { recursive: true });
      return [];
    },
  });
  await expect(host.remove({ uses })).rejects.toMatchObject({ code: 'ENOTEMPTY' });
  expect(await host.there()).toEqual([NAME, NAME]);
});

test.for(['without it', 'with it'])(
  'a test %s that was cut off says nothing, and all is back',
  async (which, { ca, directory }) => {
    const { remove, there } = await hostWith(directory, await ca.issue([NAME]));
    const limit = timeLimit(300);
    const uses = usesWith(async () => {
      const isCutOff = which === 'without it' || (await there()).length > 0;
      if (isCutOff) await pause(limit.leftMs());
      return failed;
    });
    expect(await remove({ uses, limit })).toEqual({
      state: 'cut off',
      findings: [{ code: 'deletion-cut-off', lineage: NAME }],
    });
    expect(await there()).toEqual([NAME, NAME]);
    expect(await remove({ uses, limit: timeLimit(300), isForced: true })).toMatchObject({ state: 'removed' });
  },
);

test('one that is forced goes though its test was cut off, and is not said to be there', async ({
  ca,
  directory,
}) => {
  const { remove, there } = await hostWith(directory, await ca.issue([NAME]));
  const limit = timeLimit(2_000);
  const uses = usesWith(async () => {
    await pause(limit.leftMs() / 2);
    return failed;
  });
  expect(await remove({ uses, limit, isForced: true })).toMatchObject({
    ...{ state: 'removed', findings: [{ code: 'installer-out-of-time' }] },
  });
  expect(await there()).toEqual([]);
});

test('what cannot be put back of another lineage keeps none from going', async ({ ca, directory }) => {
  const { configDir, remove, there } = await hostWith(directory, await ca.issue([NAME]));
  // In the backups its name would be too long.
  const other = join(configDir, 'live', 'o'.repeat(235));
  for (const path of [other, asideOf(other)]) await mkdir(path);
  expect(await remove({ isTrial: true })).toEqual({ state: 'possible' });
  expect(await remove({ uses: usesWith(async () => failed) })).toMatchObject({
    ...{ state: 'refused', isTested: true },
    findings: [{ code: 'use-not-known' }, { code: 'web-server-test-failed' }],
  });
  expect((await there()).filter((name) => name === NAME)).toEqual([NAME, NAME]);
  expect(await remove()).toMatchObject({ state: 'removed' });
  expect((await there()).filter((name) => name === NAME)).toEqual([]);
});

test('what cannot be put back of a lineage keeps it from going', async ({ ca, directory }) => {
  const { configDir, backup, remove } = await hostWith(directory, await ca.issue([NAME]));
  await writeFile(backup, '');
  const live = join(configDir, 'live', NAME);
  await mkdir(asideOf(live));
  await expect(remove()).rejects.toMatchObject({ findings: [{ code: 'system-error' }] });
});

test('what was left aside comes back; what was made anew meanwhile stays, and the other is kept', async ({
  ca,
  directory,
}) => {
  const { configDir, backup, remove, there } = await hostWith(directory, await ca.issue([NAME]));
  const [live, archive] = [join(configDir, 'live', NAME), join(configDir, 'archive', NAME)];
  for (const path of [live, archive]) await rename(path, asideOf(path));
  await putBack(configDir, backup);
  expect(await there()).toEqual([NAME, NAME]);
  expect(await readdir(backup).catch(() => [])).toEqual([]);

  await rename(live, asideOf(live));
  await mkdir(live);
  await writeFile(join(live, 'newer'), '');
  await putBack(configDir, backup);
  expect(await readdir(live)).toEqual(['newer']);
  const [kept = ''] = await readdir(backup);
  expect(kept).toMatch(new RegExp(`^aside-live-${NAME}-`));
  expect(await readFile(join(backup, kept, 'cert.pem'), 'utf8').catch(() => 'a link')).toBe('a link');
  expect(await readdir(join(backup, kept))).toContain('privkey.pem');
  expect(await remove()).toMatchObject({ state: 'removed' });
});

test('on another filesystem it has another name until it is whole, and what was cut off before goes', async ({
  ca,
  directory,
  skip,
}) => {
  const backup = await mkdtemp('/dev/shm/certbot-ha-');
  onTestFinished(async () => await rm(backup, { recursive: true }));
  if ((await stat(backup)).dev === (await stat(directory)).dev) return skip('one filesystem');
  const { configDir } = await hostWith(directory, await ca.issue([NAME]));
  const live = join(configDir, 'live', NAME);
  await rename(live, asideOf(live));
  await mkdir(live);
  const [cutOff, others] = [`aside-live-${NAME}-1.partial`, `aside-live-${NAME}-x-1.partial`];
  for (const name of [cutOff, others]) await mkdir(join(backup, name));
  const log = join(directory, 'log');
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('PATH', await pathWith('cp', `/bin/cp "$@"; ls "${backup}" >"${log}"`, directory));
  await putBack(configDir, backup);
  const during = (await readFile(log, 'utf8')).trim().split('\n');
  expect(during).toEqual([expect.stringMatching(/-\d{2,}\.partial$/), others]);
  const [kept = '', ...rest] = (await readdir(backup)).toSorted();
  expect([`${kept}.partial`, ...rest]).toEqual(during);
  expect(await readdir(join(backup, kept))).toContain('privkey.pem');
});

test('the archive that a lineage of another name goes on in stays', async ({ ca, directory }) => {
  const { configDir, remove } = await hostWith(directory, await ca.issue([NAME]));
  for (const part of ['renewal', 'live'] as const) {
    const suffix = part === 'renewal' ? '.conf' : '';
    await rename(join(configDir, part, NAME + suffix), join(configDir, part, `new.test${suffix}`));
  }
  const files = await readdir(join(configDir, 'archive', NAME));

  expect(await remove()).toEqual({ state: 'absent' });

  expect(files).not.toEqual([]);
  expect(await readdir(join(configDir, 'archive', NAME))).toEqual(files);
});

test('a copy that cannot be made whole is none, and nothing is gone', async ({ ca, directory }) => {
  const { configDir, backup, remove, there } = await hostWith(directory, await ca.issue([NAME]));
  await mkdir(join(backup, `deleted-${NAME}-2026-01-01.partial`), { recursive: true });
  vi.stubEnv('PATH', await pathWith('cp', FULL, directory));
  onTestFinished(() => void vi.unstubAllEnvs());

  await expect(remove()).rejects.toMatchObject({ findings: [{ code: 'backup-not-made' }] });

  expect(await readdir(backup)).toEqual([]);
  expect(await there()).toEqual([NAME, NAME]);
  vi.unstubAllEnvs();
  expect(await remove()).toMatchObject({ state: 'removed' });
  expect(await readdir(join(configDir, 'live'))).not.toContain(NAME);
});

test('a copy from before is no copy of what is something else by now', async ({ ca, directory }) => {
  const { configDir, backup, remove } = await hostWith(directory, await ca.issue([NAME]));
  await remove();
  await writeIssuerTree(configDir, [await ca.issue([NAME])]);
  const key = await readFile(join(configDir, 'live', NAME, 'privkey.pem'), 'utf8');
  const again = await remove({ now: new Date(Date.now() + 1_000) });
  expect(await readdir(backup)).toHaveLength(2);
  const kept = again.state === 'removed' ? again.kept : '';
  expect(await readFile(join(kept, 'live', NAME, 'privkey.pem'), 'utf8')).toBe(key);
});

/** It writes a part, and ends as on a full disk. */
const FULL = 'mkdir -p "$5"; echo "cp: No space left on device" >&2; exit 1';

/** With a program of that name which is this script. */
async function pathWith(program: string, script: string, directory: string): Promise<string> {
  const bin = await mkdtemp(join(directory, 'bin-'));
  await writeFile(join(bin, program), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return `${bin}:${process.env['PATH']}`;
}
