import { expect, test } from 'vitest';
import { serverFor, valueOf } from '../../../lib/certbot/acme-server.ts';

const PRODUCTION = 'https://acme-v02.api.letsencrypt.org/directory';
const STAGING = 'https://acme-staging-v02.api.letsencrypt.org/directory';
const OTHER = 'https://ca.example.test/dir';

const inCliIni = (key: string, value: string) => [{ file: 'cli.ini', key, value }];

test.for([
  [[], [], PRODUCTION],
  [['--staging'], [], STAGING],
  [['--test-cert'], [], STAGING],
  [['--dry-run'], [], STAGING],
  [['--dry-run', '--server', OTHER], [], OTHER],
  [['--dry-run', '--server', STAGING], [], STAGING],
  [['--server', PRODUCTION, `--server=${OTHER}`], [], OTHER],
  [[], inCliIni('server', OTHER), OTHER],
  [['--server', PRODUCTION], inCliIni('server', OTHER), PRODUCTION],
  [[], inCliIni('staging', 'true'), STAGING],
  [[], inCliIni('staging', 'false'), PRODUCTION],
] as const)('the server of %j beside %j is %s', ([given, settings, server]) => {
  expect(serverFor(given, settings)).toBe(server);
});

test('an option without a value has none', () => {
  expect(valueOf('cert-name', ['--cert-name'], [])).toBeNull();
  expect(valueOf('cert-name', ['--cert-name-x', 'y'], [])).toBeNull();
});
