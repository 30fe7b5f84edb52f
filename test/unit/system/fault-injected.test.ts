// @module-tag slow
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { run } from '../../support/programs/program.ts';
import { expect, test } from '../../support/temporary.ts';

const at = (path: string) => new URL(`../../../${path}`, import.meta.url).pathname;
const lacksStrace = (await run(['strace', '--version']).catch(() => ({ code: 127 }))).code !== 0;

/** Writes a response into a webroot that nodes share, as on a file system that answers some calls with an error. */
async function written(directory: string, ...faults: readonly string[]) {
  const token = 'a'.repeat(43);
  const script = join(directory, 'script.ts');
  const webroot = join(directory, 'webroot');
  await run(['mkdir', webroot]);
  await writeFile(
    script,
    `import { createWebroot } from '${at('lib/challenge/webroot.ts')}';
    process.umask(0o022);
    const webroot = createWebroot('${webroot}', { isShared: true });
    await webroot.check();
    await webroot.write([{ token: '${token}', keyAuthorization: '${token}.${'b'.repeat(43)}' }])
      .then(() => console.log('written'), (error) => console.log(error.message));`,
  );
  const injected = faults.flatMap((fault) => ['-e', `inject=${fault}`]);
  const trace = ['-f', '-o', '/dev/null', '-e', 'trace=fsync,fchmod,rename,unlink'];
  const { stdout, stderr } = await run([
    // strace counts the calls of each thread.
    ...['env', 'UV_THREADPOOL_SIZE=1', 'strace'],
    ...trace,
    ...injected,
    at('node_modules/.bin/jiti'),
    script,
  ]);
  const tokens = join(webroot, '.well-known/acme-challenge');
  return { said: stdout.trim() || stderr, names: await readdir(tokens), tokens, file: join(tokens, token) };
}

describe('a token in a shared webroot', () => {
  test.for(['fsync:error=EINVAL', 'fsync:error=EOPNOTSUPP', 'fsync:error=ENOSYS'])(
    'is written where the file system answers %s',
    async (fault, { directory, skip }) => {
      skip(lacksStrace, 'strace is not installed');
      const { said, file } = await written(directory, fault);
      expect(said).toBe('written');
      expect(await readFile(file, 'utf8')).toMatch(/^a+\.b+$/);
    },
  );

  test.for([
    ['fsync:error=EIO', 'token-not-written', 'EIO'],
    ['fsync:error=EDQUOT', 'token-not-written', 'the disk is full'],
    ['fsync:error=ESTALE', 'token-not-written', 'umount it, and mount it again'],
    ['rename:error=ENOSYS', 'token-not-written', 'ENOSYS'],
    ['rename:error=ENOTCONN', 'token-not-written', 'mount it again (ENOTCONN)'],
    ['fchmod:error=EPERM', 'webroot-not-writable', 'EPERM'],
  ] as const)(
    'is named, and not left in part, where it answers %s',
    async ([fault, code, why], { directory, skip }) => {
      skip(lacksStrace, 'strace is not installed');
      const { said, names, tokens } = await written(directory, fault);
      expect(said).toContain(why);
      expect(said).toContain(`webroot ${tokens}`);
      expect(said).toContain(`[${code}]`);
      expect(names).toEqual([]);
    },
  );

  test('that cannot be removed either is named by what kept it from being written', async ({
    directory,
    skip,
  }) => {
    skip(lacksStrace, 'strace is not installed');
    const { said } = await written(directory, 'fsync:error=ESTALE:when=2+', 'unlink:error=ENOTCONN');
    expect(said).toContain('[token-not-written]');
    expect(said).toContain('ESTALE');
  });
});

test('a bundle for a shared inbox is on the disk before it has its name, and its marker after it', async ({
  directory,
  skip,
}) => {
  skip(lacksStrace, 'strace is not installed');
  const [script, trace, inbox] = ['script.ts', 'trace', 'inbox'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  const id = 'c'.repeat(64);
  await writeFile(
    script,
    `import { markActivated, stageBundle } from '${at('lib/inbox/stage.ts')}';
    const bundle = { manifest: '{}', files: { 'cert.pem': 'x', 'account/regr.json': 'y' } } as never;
    await stageBundle('${inbox}', '${id}', bundle, { isDurable: true });
    await markActivated('${inbox}', '${id}', null, { isDurable: true });`,
  );
  const argv = ['strace', '-f', '-y', '-o', trace, '-e', 'trace=fsync,rename', at('node_modules/.bin/jiti')];
  expect(await run([...argv, script])).toMatchObject({ code: 0 });
  const text = await readFile(trace, 'utf8');
  const done = text.split('\n').filter((line) => line.endsWith(' = 0'));
  // jiti writes files of its own.
  const calls = done.flatMap(
    (line) => /\/inbox\/([^>"]*)[>"]/.exec(line.replace(/rename\(".*?", /, ''))?.[1] ?? [],
  );
  const named = calls.map((path) =>
    path.replace(/\.[0-9a-f]{8}-[0-9a-f-]{27}/, '').replace(/(\.c{64}\.)\w{6}$/, '$1'),
  );
  const bundle = `bundles/.${id}`;
  expect(named).toEqual([
    ...['cert.pem', 'account/regr.json', 'manifest.json', 'account'].map((name) => `${bundle}/${name}`),
    ...[bundle, `bundles/${id}`, 'bundles'],
    ...[`activated/.${id}.`, `activated/${id}`, 'activated'],
  ]);
});
