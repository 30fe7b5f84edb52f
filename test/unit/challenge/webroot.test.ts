import { chmod, mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { createWebroot } from '../../../lib/challenge/webroot.ts';
import { makeChallenge, makeChallenges } from '../../support/cluster/challenge.ts';
import { run } from '../../support/programs/program.ts';
import { expect, test } from '../../support/temporary.ts';
import { treeOf } from '../../support/tree.ts';

const HOUR_MS = 3_600_000;

async function webrootIn(directory: string) {
  const webroot = createWebroot(directory);
  await webroot.check();
  return webroot;
}

async function makeOld(file: string, ageMs: number): Promise<void> {
  const time = new Date(Date.now() - ageMs);
  await utimes(file, time, time);
}

describe('write', () => {
  test('puts the key authorization into a file of mode 0644 below .well-known', async ({ directory }) => {
    const webroot = await webrootIn(directory);
    const { token, keyAuthorization } = makeChallenge();
    await webroot.write([{ token, keyAuthorization }]);
    expect(await treeOf(directory)).toEqual([
      '.well-known 755 ',
      '.well-known/acme-challenge 755 ',
      `.well-known/acme-challenge/${token} 644 ${keyAuthorization}`,
    ]);
  });

  test('makes files that the web server can read whatever the umask is', async ({ directory }) => {
    const before = process.umask(0o077);
    try {
      const webroot = await webrootIn(directory);
      const challenge = makeChallenge();
      await webroot.write([challenge]);
      expect((await treeOf(directory)).map((line) => line.split(' ')[1])).toEqual(['755', '755', '644']);
    } finally {
      process.umask(before);
    }
  });

  test('never shows a part of a file, nor a temporary one under a name that is asked for', async ({
    directory,
  }) => {
    const webroot = await webrootIn(directory);
    const challenges = makeChallenges(60);
    const wanted = new Map(challenges.map(({ token, keyAuthorization }) => [token, keyAuthorization]));
    const strange: string[] = [];
    const over = new AbortController();
    let looks = 0;
    const reader = async () => {
      while (!over.signal.aborted || looks === 0) {
        for (const name of await readdir(webroot.directory)) {
          const isHidden = /^[\w-]+\.\d+-[0-9a-f-]+\.certbot-ha\.tmp$/.test(name);
          if (isHidden) continue;
          looks += 1;
          const content = await readFile(join(webroot.directory, name), 'utf8');
          if (wanted.get(name) !== content) strange.push(`${name}: ${content}`);
        }
      }
    };
    const reading = reader();
    for (let round = 0; round < 5; round += 1) await webroot.write(challenges);
    over.abort();
    await reading;
    expect(looks).toBeGreaterThan(0);
    expect(strange).toEqual([]);
    expect((await readdir(webroot.directory)).toSorted()).toEqual([...wanted.keys()].toSorted());
  });

  test('leaves none of a batch when one of it cannot be written', async ({ directory }) => {
    const webroot = await webrootIn(directory);
    const [first, second] = [makeChallenge(), makeChallenge()];
    await mkdir(join(webroot.directory, second.token)); // a rename onto it fails
    await expect(webroot.write([first, second])).rejects.toThrow();
    expect(await readdir(webroot.directory)).toEqual([second.token]);
  });

  test.for([2, 3])(
    'that is ended while it writes token %i of 3 leaves none of them',
    async (last, { directory }) => {
      const webroot = await webrootIn(directory);
      const end = new AbortController();
      const challenges = makeChallenges(3).map(({ token, keyAuthorization }, index) => ({
        token,
        get keyAuthorization() {
          if (index === last - 1) end.abort();
          return keyAuthorization;
        },
      }));
      await expect(webroot.write(challenges, end.signal)).rejects.toMatchObject({
        findings: [{ code: 'file-wait-interrupted', place: webroot.directory }],
      });
      expect(await readdir(webroot.directory)).toEqual([]);
    },
  );

  test('says who needs to own a directory that has gone', async ({ directory }) => {
    const webroot = await webrootIn(directory);
    await rm(join(directory, '.well-known'), { recursive: true });
    await expect(webroot.write([makeChallenge()])).rejects.toMatchObject({
      kind: 'config',
      message: `webroot ${webroot.directory}: no such directory [webroot-missing]`,
      hint: expect.stringContaining('chown certbot-ha:certbot-ha'),
    });
  });
});

describe('check', () => {
  test('makes the challenge directory below a webroot that is there', async ({ directory }) => {
    await webrootIn(directory);
    expect(await treeOf(directory)).toEqual(['.well-known 755 ', '.well-known/acme-challenge 755 ']);
  });

  test('leaves a directory that is there as it is', async ({ directory }) => {
    const { directory: challenges } = await webrootIn(directory);
    await chmod(challenges, 0o775);
    await webrootIn(directory);
    expect((await stat(challenges)).mode & 0o777).toBe(0o775);
  });

  test('does not make a webroot that is missing', async ({ directory }) => {
    const root = join(directory, 'missing');
    await expect(createWebroot(root).check()).rejects.toMatchObject({
      kind: 'config',
      message: `webroot ${root}/.well-known/acme-challenge: no such directory [webroot-missing]`,
    });
    expect(await readdir(directory)).toEqual([]);
  });

  test('refuses a file in the place of a directory', async ({ directory }) => {
    await writeFile(join(directory, '.well-known'), '');
    await expect(createWebroot(directory).check()).rejects.toMatchObject({
      kind: 'config',
      message: expect.stringMatching(/not writable \((EEXIST|ENOTDIR)\)/),
    });
  });
});

describe('remove', () => {
  test('takes the listed tokens away, leaves their neighbours, and tells which were there', async ({
    directory,
  }) => {
    const webroot = await webrootIn(directory);
    const [one, other, neighbour] = [makeChallenge(), makeChallenge(), makeChallenge()];
    await webroot.write([one, other, neighbour]);
    const absent = makeChallenge().token;
    expect(await webroot.remove([one.token, absent, other.token])).toEqual([one.token, other.token]);
    expect(await readdir(webroot.directory)).toEqual([neighbour.token]);
  });

  test('takes away what lies behind one that cannot be, and tells of that one', async ({ directory }) => {
    const webroot = await webrootIn(directory);
    const [one, stuck, other] = [makeChallenge(), makeChallenge(), makeChallenge()];
    await webroot.write([one, other]);
    await mkdir(join(webroot.directory, stuck.token)); // no unlink removes it
    const removing = webroot.remove([one, stuck, other].map(({ token }) => token));
    await expect(removing).rejects.toThrow(new RegExp(`(EISDIR|EPERM).*${stuck.token}`));
    expect(await readdir(webroot.directory)).toEqual([stuck.token]);
  });

  test('does not follow a token that is a path', async ({ directory }) => {
    const webroot = await webrootIn(directory);
    await writeFile(join(directory, 'index.html'), 'keep');
    expect(await webroot.remove(['../../index.html', '.', '..', ''])).toEqual([]);
    expect(await readFile(join(directory, 'index.html'), 'utf8')).toBe('keep');
  });

  test('has nothing to do where there is no directory', async ({ directory }) => {
    expect(await createWebroot(directory).remove([makeChallenge().token])).toEqual([]);
  });
});

describe('list and expire', () => {
  const FOREIGN = [
    ['a page', 'index.html', 'hello'],
    ['a file named like a token with other content', 'a'.repeat(43), 'hello'],
    ['a response to another token', 'b'.repeat(43), `${'c'.repeat(43)}.${'d'.repeat(43)}`],
    ['a large file named like a token', 'e'.repeat(43), 'x'.repeat(5_000)],
    ['a hidden file', '.htaccess', 'deny'],
    ['a temporary file of another program', '.upload.tmp', 'x'],
    ['a temporary file that is no token', 'a.certbot-ha.tmp', 'x'],
  ] as const;

  test('count responses only, whatever else lies there', async ({ directory }) => {
    const webroot = await webrootIn(directory);
    const challenge = makeChallenge();
    await webroot.write([challenge]);
    for (const [, name, content] of FOREIGN) await writeFile(join(webroot.directory, name), content);
    await mkdir(join(webroot.directory, 'f'.repeat(43)));
    expect((await webroot.list()).map(({ token }) => token)).toEqual([challenge.token]);
  });

  test('tell when a token was written', async ({ directory }) => {
    const webroot = await webrootIn(directory);
    const challenge = makeChallenge();
    await webroot.write([challenge]);
    await makeOld(join(webroot.directory, challenge.token), HOUR_MS);
    const [stored] = await webroot.list();
    expect(Date.now() - (stored?.writtenAtMs ?? 0)).toBeGreaterThanOrEqual(HOUR_MS - 10);
    expect(Date.now() - (stored?.writtenAtMs ?? 0)).toBeLessThan(HOUR_MS + 60_000);
  });

  test('know a response that ends in a line feed, as another program may have written it', async ({
    directory,
  }) => {
    const webroot = await webrootIn(directory);
    const { token, keyAuthorization } = makeChallenge();
    await writeFile(join(webroot.directory, token), `${keyAuthorization}\n`);
    expect(await webroot.list()).toMatchObject([{ token }]);
  });

  test('remove what is older than the age and keep what is not', async ({ directory }) => {
    const webroot = await webrootIn(directory);
    const [old, young] = [makeChallenge(), makeChallenge()];
    await webroot.write([old, young]);
    await makeOld(join(webroot.directory, old.token), HOUR_MS);
    expect(await webroot.expire(HOUR_MS / 2, Date.now())).toEqual([old.token]);
    expect(await readdir(webroot.directory)).toEqual([young.token]);
  });

  test('remove what an interrupted write has left, once it is old', async ({ directory }) => {
    const webroot = await webrootIn(directory);
    const nameOf = () => `${makeChallenge().token}.17-${crypto.randomUUID()}.certbot-ha.tmp`;
    const [old, young] = [nameOf(), nameOf()];
    const earlier = `.${makeChallenge().token}.${crypto.randomUUID()}.tmp`;
    for (const name of [old, young, earlier]) await writeFile(join(webroot.directory, name), 'half');
    for (const name of [old, earlier]) await makeOld(join(webroot.directory, name), HOUR_MS);
    expect(await webroot.expire(HOUR_MS / 2, Date.now())).toEqual([]);
    expect(await readdir(webroot.directory)).toEqual([young]);
  });

  test('pass over a directory that is named like a file of theirs, and do not wait for it', async ({
    directory,
  }) => {
    const webroot = await webrootIn(directory);
    const { token, keyAuthorization } = makeChallenge();
    const names = ['A'.repeat(16), `${'A'.repeat(16)}.certbot-ha.tmp`];
    for (const name of names) {
      await mkdir(join(webroot.directory, name));
      await makeOld(join(webroot.directory, name), HOUR_MS);
    }
    await webroot.write([{ token, keyAuthorization }]);
    await makeOld(join(webroot.directory, token), HOUR_MS);
    expect(await webroot.expire(HOUR_MS / 2, Date.now())).toEqual([token]);
    expect(await webroot.isInUse()).toBe(false);
    expect((await readdir(webroot.directory)).toSorted()).toEqual(names);
  });

  test('never touch what is not theirs, however old', async ({ directory }) => {
    const webroot = await webrootIn(directory);
    for (const [, name, content] of FOREIGN) {
      await writeFile(join(webroot.directory, name), content);
      await makeOld(join(webroot.directory, name), 1000 * HOUR_MS);
    }
    const before = await treeOf(directory);
    expect(await webroot.expire(1, Date.now())).toEqual([]);
    expect(await treeOf(directory)).toEqual(before);
  });

  test('have nothing to do where there is no directory', async ({ directory }) => {
    const webroot = createWebroot(directory);
    expect(await webroot.list()).toEqual([]);
    expect(await webroot.expire(1, Date.now())).toEqual([]);
  });
});

test('a pipe or a link in a token’s place counts as none, and keeps nobody waiting', async ({
  directory,
}) => {
  const webroot = await webrootIn(directory);
  const [pipe, link, good] = [makeChallenge(), makeChallenge(), makeChallenge()];
  await run(['mkfifo', join(webroot.directory, pipe.token)]);
  await symlink(link.token, join(webroot.directory, link.token));
  await webroot.write([good]);
  expect((await webroot.list()).map(({ token }) => token)).toEqual([good.token]);
});
