// @module-tag slow
import { cp, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { DIST } from '../support/cluster/built.ts';
import { hookEnv } from '../support/cluster/certbot-hook.ts';
import { makeChallenge } from '../support/cluster/challenge.ts';
import { expect, test } from '../support/cluster/cluster.ts';
import { lackOfPort, makeDnsChallenge, test as testDns } from '../support/dns/published.ts';
import { successOf } from '../support/packages.ts';
import { run } from '../support/programs/program.ts';

/** Of built code, what would need somebody to import for it: what is compiled ahead has nobody. */
const IMPORTS = /\bimport\(.{0,60}/g;

/** An installation of its own, with what its compile.js has made. */
async function compiledIn(directory: string): Promise<string> {
  const dist = join(directory, 'dist');
  await cp(DIST, dist, { recursive: true, filter: (file) => !file.endsWith('.map') });
  expect(successOf(await run([process.execPath, join(dist, 'compile.js')]))).toBe('');
  return dist;
}

const SPOILED: Readonly<Record<string, (file: string) => Promise<void>>> = {
  'a wrong bit': async (file) => {
    const bytes = await readFile(file);
    const middle = bytes.length >> 2;
    bytes.writeUInt8(bytes.readUInt8(middle) ^ 0x10, middle);
    await writeFile(file, bytes);
  },
  'cut off': async (file) => await truncate(file, 1000),
  empty: async (file) => await truncate(file, 0),
  zeros: async (file) => await writeFile(file, Buffer.alloc(4096)),
  'of another Node.js': async (file) => await rename(file, file.replace(/\.v\d+/, '.v1')),
  'a directory': async (file) => {
    await rm(file);
    await mkdir(file);
  },
};

/** What the auth hook says about itself. Its text is no longer what was compiled, as long as it was. */
async function sayingOf(dist: string, ...flags: readonly string[]): Promise<string> {
  const argv = [process.execPath, ...flags, join(dist, 'hooks/auth.js'), '--help'];
  const { code, stdout, stderr } = await run(argv);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return /a hook for certbot/i.exec(stdout)?.[0] ?? stdout;
}

async function changeTexts(dist: string): Promise<void> {
  for (const name of await readdir(join(dist, 'lib'))) {
    const file = join(dist, 'lib', name);
    await writeFile(file, (await readFile(file, 'latin1')).replaceAll('A hook for', 'A HOOK for'), 'latin1');
  }
}

describe('what is compiled ahead', () => {
  test(
    'is what runs, and presents a challenge and removes it',
    { timeout: 120_000 },
    async ({ cluster, directory }) => {
      const dist = await compiledIn(directory);
      await cluster.startAll();
      const env = hookEnv(cluster, makeChallenge());
      const auth = await run([process.execPath, join(dist, 'hooks/auth.js')], { env });
      expect(auth).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('served by web1') });
      const cleanup = await run([process.execPath, join(dist, 'hooks/cleanup.js')], { env });
      expect(cleanup).toMatchObject({ code: 0, stderr: '', stdout: '' });
      expect(await cluster.tokens()).toEqual([[], [], []]);
      await changeTexts(dist);
      expect(await sayingOf(dist)).toBe('A hook for certbot');
    },
  );

  test('imports nothing, of Node.js neither', async () => {
    const names = await readdir(join(DIST, 'lib'));
    const texts = names
      .filter((name) => /^(?:auth|cleanup|deploy|installer)-.*\.js$/.test(name))
      .map(async (name) => await readFile(join(DIST, 'lib', name), 'latin1'));
    const all = (await Promise.all(texts)).join('');
    expect(all.length).toBeGreaterThan(100_000);
    expect(all.match(IMPORTS)).toBeNull();
  });

  testDns.skipIf(lackOfPort !== null)(
    'publishes a record, sees it on each name server, and removes it',
    { timeout: 120_000 },
    async ({ cluster, directory, dns }) => {
      const dist = await compiledIn(directory);
      const env = hookEnv(cluster, makeDnsChallenge());
      expect(await run([process.execPath, join(dist, 'hooks/auth.js')], { env })).toMatchObject({
        ...{ code: 0, stderr: '', stdout: expect.stringContaining('served by') },
      });
      expect(await dns.records()).toHaveLength(1);
      expect(await run([process.execPath, join(dist, 'hooks/cleanup.js')], { env })).toMatchObject({
        ...{ code: 0, stderr: '' },
      });
      expect(await dns.records()).toEqual([]);
    },
  );

  test('is not used where it does not hold: the text is', { timeout: 120_000 }, async ({ directory }) => {
    const dist = await compiledIn(directory);
    await changeTexts(dist);
    expect(await sayingOf(dist)).toBe('A hook for certbot');
    // For other options V8 makes something else of it.
    expect(await sayingOf(dist, '--max-lazy')).toBe('A HOOK for certbot');
    const [compiled, kept] = [join(dist, 'compiled'), join(directory, 'kept')];
    await rename(compiled, kept);
    for (const [how, spoil] of Object.entries(SPOILED)) {
      await cp(kept, compiled, { recursive: true });
      const names = (await readdir(compiled)).filter((name) => name.startsWith('auth-'));
      for (const name of names) await spoil(join(compiled, name));
      expect([how, await sayingOf(dist)]).toEqual([how, 'A HOOK for certbot']);
      await rm(compiled, { recursive: true });
    }
  });

  test('is whole or not there: a full disk', { skip: process.getuid?.() !== 0 }, async ({ directory }) => {
    const dist = await compiledIn(directory);
    const script =
      'mkdir "$1/small"; mount -t tmpfs -o size=2m tmpfs "$1/small"; cd "$1/small"; mkdir lib; cp "$1/compile.js" "$1/package.json" .; ' +
      'cp "$1"/lib/auth-* lib; "$0" compile.js || echo "code $?"; ls';
    const { stdout, stderr } = await run(['unshare', '--mount', 'sh', '-c', script, process.execPath, dist]);
    expect(stderr).toMatch(/^certbot-ha: not compiled ahead: .*ENOSPC.*\n$/);
    expect(stdout).toBe('code 1\ncompile.js\nlib\npackage.json\n');
  });
});
