// @module-tag slow
import { readdir } from 'node:fs/promises';
import { readHookEnvironment } from '../../lib/certbot/environment.ts';
import { keyOf } from '../../lib/challenge/any-challenge.ts';
import { launchedBy } from '../../lib/state/launched.ts';
import { AUTH, CLEANUP, LEFT_TO_NODE, recordsOf, WITHOUT_NODE } from '../support/cluster/launchers.ts';
import { expect, test } from '../support/cluster/cluster.ts';
import { startLastingCertbot } from '../support/programs/lasting-certbot.ts';

const LABEL = 'x'.repeat(63);
const LONG = `${`${LABEL}.`.repeat(3)}${'y'.repeat(61)}`;
const TOKEN = 'A'.repeat(40) + '_-9';
const VALUE = 'B'.repeat(43);
/** By whom it is taken: 'cleanup' writes nothing, so it may take what has no place in a record. */
type TakenBy = boolean | 'cleanup';
const ENVIRONMENTS: readonly (readonly [TakenBy, Record<string, string>])[] = [
  [true, {}],
  [true, { CERTBOT_IDENTIFIER: 'WWW.Example.TEST' }],
  [true, { CERTBOT_IDENTIFIER: 'a_b.x-y.xn--nxasmq6b.test' }],
  [true, { CERTBOT_IDENTIFIER: LONG }],
  [true, { CERTBOT_IDENTIFIER: '', CERTBOT_DOMAIN: 'b.test' }],
  [true, { CERTBOT_TOKEN: 'A'.repeat(16), CERTBOT_VALIDATION: `${'A'.repeat(16)}.${VALUE}` }],
  [true, { CERTBOT_TOKEN: 'A'.repeat(128), CERTBOT_VALIDATION: `${'A'.repeat(128)}.${VALUE}` }],
  [true, { CERTBOT_TOKEN: '', CERTBOT_VALIDATION: VALUE }],
  [true, { CERTBOT_REMAINING_CHALLENGES: '999999' }],
  [true, { CERTBOT_ALL_IDENTIFIERS: '', CERTBOT_ALL_DOMAINS: 'a.test,*.b.test' }],
  [true, { CERTBOT_HA_CONFIG: '' }],
  ...['0', '', '00', '01', '-1', '1000000', '1 ', 'many', '٣'].map(
    (count) => [false, { CERTBOT_REMAINING_CHALLENGES: count }] as const,
  ),
  ...[
    '',
    '.',
    'a..test',
    '.a.test',
    'a.test.',
    '-a.test',
    'a-.test',
    'a_.test',
    '*.a.test',
    'ä.test',
    'a b.test',
    'a/b',
    '10.0.0.1',
    '1.2',
    '::1',
    '2001:db8::1',
    `${LABEL}x.test`,
    `${LONG}z`,
    'a.test\n',
    '$(x).test',
    '../a',
  ].map((name) => [false, { CERTBOT_IDENTIFIER: name, CERTBOT_DOMAIN: name }] as const),
  ...[
    'A'.repeat(15),
    'A'.repeat(129),
    `../${'A'.repeat(20)}`,
    `${'A'.repeat(20)}+`,
    `${'A'.repeat(20)}\n`,
    '*'.repeat(20),
    `${'A'.repeat(20)}.`,
  ].map((token) => [false, { CERTBOT_TOKEN: token, CERTBOT_VALIDATION: `${token}.${VALUE}` }] as const),
  ...[
    '',
    VALUE,
    `${TOKEN}.`,
    `${TOKEN}.${VALUE}B`,
    `${TOKEN}.${VALUE.slice(1)}`,
    `${TOKEN}.${VALUE}\n`,
    `${TOKEN}x.${VALUE}`,
    `${TOKEN}.${VALUE.slice(1)}.`,
  ].map((validation) => [false, { CERTBOT_VALIDATION: validation }] as const),
  // What may be no record's name is for Node.js to tell.
  ...['a.123', 'xn--nxasmq6b.test', LONG, '10.0.0.1'].map(
    (name) => [false, { CERTBOT_IDENTIFIER: name, CERTBOT_TOKEN: '', CERTBOT_VALIDATION: VALUE }] as const,
  ),
  [false, { CERTBOT_TOKEN: '', CERTBOT_VALIDATION: VALUE.slice(1) }],
  ['cleanup', { CERTBOT_ALL_IDENTIFIERS: 'a.test\nend\n' }],
  [false, { CERTBOT_HA_CONFIG: 'config.yaml' }],
  ['cleanup', { CERTBOT_HA_CONFIG: '/srv/a\nb' }],
];

test('launchers take what the hook would take, leave the rest to it, and the hook reads what it was told', async ({
  cluster,
}) => {
  const records = await recordsOf(cluster);
  const certbot = cluster.keep(startLastingCertbot());
  for (const [takenBy, more] of ENVIRONMENTS) {
    const env: Record<string, string> = {
      CERTBOT_HA_CONFIG: cluster.configFile,
      CERTBOT_HA_RECORDS: records,
      ...{ CERTBOT_IDENTIFIER: 'a.test', CERTBOT_TOKEN: TOKEN, CERTBOT_VALIDATION: `${TOKEN}.${VALUE}` },
      ...{ CERTBOT_ALL_IDENTIFIERS: 'a.test,b.test', CERTBOT_REMAINING_CHALLENGES: '1' },
      ...more,
    };
    const codes: (number | null)[] = [];
    for (const launcher of [CLEANUP, AUTH])
      codes.push((await certbot.run([launcher], { ...env, ...WITHOUT_NODE })).code);
    const expected = [takenBy !== false, takenBy === true].map((isTaken) => (isTaken ? 0 : LEFT_TO_NODE));
    expect({ more, codes }).toEqual({ more, codes: expected });
    if (takenBy === false) continue;
    // It takes that as well, or throws.
    const { challenge } = readHookEnvironment(env);
    if (takenBy === 'cleanup') continue;
    const launchers = launchedBy(env);
    expect(launchers.all()).toMatchObject([challenge]);
    launchers.remove([keyOf(challenge)]);
    expect(await readdir(records)).toEqual([]);
  }
});
