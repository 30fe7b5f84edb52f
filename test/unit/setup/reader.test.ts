import { expect, test } from 'vitest';
import { findWebroot } from '../../../lib/setup/find-webroot.ts';
import { readKeepalived } from '../../../lib/setup/keepalived.ts';
import { textsOf } from '../../../lib/setup/read-configuration.ts';
import { createReader } from '../../../lib/setup/reader.ts';
import { tenSecondsLater } from '../../support/strange/dead-mount.ts';

const never = async () => await new Promise<never>(() => {});
const NOT_ASKED = 'skipped, as others do not answer';
const WORDS = 'the file system does not answer';
const VIP = 'vrrp_instance VI_1 {\n virtual_ipaddress { 192.0.2.10 }\n}\n';

/** A host with these files, and a dead mount at /mnt. */
function host(texts: Readonly<Record<string, string>> = {}, { signal } = new AbortController()) {
  const asked: string[] = [];
  const answer = async <T>(path: string, value: T): Promise<T> => {
    asked.push(path);
    return path.startsWith('/mnt') ? await never() : await Promise.resolve(value);
  };
  const reader = createReader(signal, {
    textOf: async (file) => await answer(file, texts[file] ?? null),
    entriesOf: async (directory) => await answer(directory, []),
  });
  return { asked, reader, signal };
}

test.for([
  ['include /mnt/a.conf', '/mnt/a.conf'],
  ['include /mnt/*.conf', '/mnt'],
] as const)('of keepalived, "%s" of a dead mount is named, and the rest is read', async ([line, file]) => {
  const { reader } = host({ '/etc/keepalived.conf': `${line}\n${VIP}` });
  const read = async () => await readKeepalived('/etc/keepalived.conf', { hostname: 'web1', reader });
  expect(await tenSecondsLater(read)).toMatchObject({
    instances: [{ vips: ['192.0.2.10'] }],
    unreadable: [{ code: 'keepalived-unreadable', file, error: WORDS }],
  });
});

test('of a web server, a file of a dead mount is named, and the others are read', async () => {
  const { reader, signal } = host({ '/etc/a': 'first', '/etc/b': 'second' });
  const read = async () => await textsOf(['/etc/a', '/mnt/c', '/etc/b'], { env: {}, signal, reader });
  expect(await tenSecondsLater(read)).toEqual({
    texts: ['first', 'second'],
    problems: [{ code: 'webroot-not-known', source: '/mnt/c', end: WORDS }],
  });
});

test('a directory of HAProxy on a dead mount is named', async () => {
  const { reader, signal } = host();
  const options = { env: {}, signal, reader, isInstalled: () => false, root: '/mnt' };
  const read = async () => await findWebroot(['haproxy'], options);
  expect(await tenSecondsLater(read)).toMatchObject({
    webroot: null,
    problems: [{ code: 'webroot-not-known', source: '/mnt/etc/haproxy/conf.d', end: WORDS }],
  });
});

test('two that do not answer are enough: each keeps a thread', async () => {
  const { reader, signal, asked } = host();
  const read = async () => await textsOf(['/mnt/a', '/mnt/b', '/mnt/c'], { env: {}, signal, reader });
  expect(await tenSecondsLater(read)).toMatchObject({
    problems: [{ source: '/mnt/a' }, { source: '/mnt/b' }, { source: '/mnt/c', end: NOT_ASKED }],
  });
  expect(asked).toEqual(['/mnt/a', '/mnt/b']);
});

test('what is not read for that is told once of each search, and is nowhere taken for missing', async () => {
  const { reader, signal, asked } = host({
    '/etc/keepalived.conf': `include /etc/b.conf\n${VIP}`,
    '/etc/nginx/a': 'location',
  });
  const silent = async () => await Promise.all([reader.text('/mnt/a'), reader.names('/mnt/b')]);
  await tenSecondsLater(silent);
  expect(await readKeepalived('/etc/keepalived.conf', { hostname: 'web1', reader })).toEqual({
    instances: [],
    unreadable: [{ code: 'keepalived-unreadable', file: '/etc/keepalived.conf', error: NOT_ASKED }],
  });
  const files = ['/etc/nginx/a', '/etc/nginx/b'];
  expect(await textsOf(files, { env: {}, signal, reader })).toEqual({
    texts: [],
    problems: [{ code: 'webroot-not-known', source: '/etc/nginx/a', end: NOT_ASKED }],
  });
  expect(asked).toEqual(['/mnt/a', '/mnt/b']);
});

test('of keepalived, files that are not read are told once', async () => {
  const all = ['/mnt/a', '/mnt/b', '/etc/c', '/etc/d'].map((file) => `include ${file}`).join('\n');
  const { reader } = host({ '/etc/keepalived.conf': `${all}\n${VIP}` });
  const read = async () => await readKeepalived('/etc/keepalived.conf', { hostname: 'web1', reader });
  expect(await tenSecondsLater(read)).toMatchObject({
    instances: [{ vips: ['192.0.2.10'] }],
    unreadable: [
      { file: '/mnt/a', error: WORDS },
      { file: '/mnt/b', error: WORDS },
      { file: '/etc/c', error: NOT_ASKED },
    ],
  });
});

test('an interruption ends it', async () => {
  const interruption = new AbortController();
  const reading = host({}, interruption).reader.text('/mnt/a');
  interruption.abort();
  await expect(reading).rejects.toMatchObject({ findings: [{ code: 'set-up-interrupted' }] });
});
