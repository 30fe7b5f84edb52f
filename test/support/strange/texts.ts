import * as fc from 'fast-check';

const KEYS = [
  ...[
    'account',
    'server',
    'authenticator',
    'pref_challs',
    'manual_auth_hook',
    'manual_cleanup_hook',
    'renew_hook',
  ],
  ...[
    'deploy_hook',
    'pre_hook',
    'key_type',
    'reuse_key',
    'must_staple',
    'autorenew',
    'preferred_profile',
    'archive_dir',
  ],
  ...['renew_before_expiry', 'version', 'cert', 'webroot_path', 'config_dir', '__proto__', 'x'],
];
const VALUES = [
  ...[
    '0123456789abcdef0123456789abcdef',
    'https://ca.example.test/dir',
    'https://ca.test/../..',
    'manual',
    'nginx',
  ],
  ...[
    'certbot-ha-auth',
    'certbot-ha-cleanup',
    '/usr/bin/certbot-ha-auth --config /x',
    'rm -rf /',
    'http-01,',
    'True',
  ],
  ...['None', '', '"', "'", '"a', '%(account)s', 'ecdsa', '30 days', '5.5.0', '/etc/letsencrypt/archive/x'],
];

const LINE = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.constantFrom(...KEYS), fc.constantFrom(...VALUES))
      .map(([key, value]) => `${key} = ${value}`),
  },
  fc.constantFrom(
    '[renewalparams]',
    '[[webroot_map]]',
    '[acme_renewal_info]',
    '[renewalparams',
    '# x',
    '',
    '=',
    ' = ',
    '[]',
  ),
  fc
    .tuple(fc.constantFrom(...KEYS), fc.string({ unit: 'binary', maxLength: 30 }))
    .map(([key, value]) => `${key}=${value}`),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

/** Without which nobody could renew by it: most have them, so that what stands beside them is read. */
const SOUND = [
  'account = 0123456789abcdef0123456789abcdef',
  'server = https://ca.example.test/dir',
  'authenticator = manual',
  'manual_auth_hook = certbot-ha-auth',
];

/** What may stand in a renewal configuration: what certbot writes, what a hand or a disk has made of it, what a thief sends. */
export const CONF = fc
  .record({
    sound: fc.oneof({ weight: 3, arbitrary: fc.constant(SOUND) }, fc.subarray(SOUND)),
    lines: fc.array(LINE, { maxLength: 10 }),
    eol: fc.constantFrom('\n', '\n', '\r\n', '\r'),
    skipped: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(40)),
  })
  .chain(({ sound, lines, ...rest }) =>
    fc
      .shuffledSubarray([...sound, ...lines], { minLength: sound.length + lines.length })
      .map((all) => ({ all, ...rest })),
  )
  .map(({ all, eol, skipped }) => ['[renewalparams]', ...all, ''].join(eol).slice(skipped));

const ODD = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.string({ unit: 'binary', maxLength: 20 }), {
  weight: 3,
  arbitrary: fc.constantFrom<unknown[]>(
    ...[
      -1,
      0,
      1e21,
      0.5,
      '../x',
      'x'.repeat(2_000),
      '2026-13-01T00:00:00.000Z',
      '9999-12-31T23:59:59.999Z',
      [],
      {},
    ],
  ),
});

type Path = readonly string[];

function pathsIn(value: unknown): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [[]];
  return [[], ...Object.entries(value).flatMap(([key, part]) => pathsIn(part).map((path) => [key, ...path]))];
}

/** The same value with another one at that place. */
function put(value: unknown, [key, ...rest]: Path, odd: unknown): unknown {
  if (key === undefined || typeof value !== 'object' || value === null) return odd;
  const parts = Object.entries(value).map(([name, part]) => [
    name,
    name === key ? put(part, rest, odd) : (part as unknown),
  ]);
  return Array.isArray(value) ? parts.map(([, part]) => part) : Object.fromEntries(parts);
}

/** A value like this one, with something else in one place, or in a few. */
export function spoiled(sound: unknown): fc.Arbitrary<unknown> {
  const change = fc.tuple(fc.constantFrom(...pathsIn(sound)), ODD);
  const changes = fc.oneof(
    { weight: 4, arbitrary: fc.array(change, { minLength: 1, maxLength: 1 }) },
    fc.array(change, { maxLength: 4 }),
  );
  return changes.map((all) => all.reduce((value: unknown, [path, odd]) => put(value, path, odd), sound));
}
