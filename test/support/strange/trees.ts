import { X509Certificate } from 'node:crypto';
import { chmod, cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { isNoFile, putNoFile, NO_FILES, type NoFile } from './no-file.ts';

/** What has happened to a path below a node's directories. */
export interface Mishap {
  readonly path: string;
  readonly kind:
    'gone' | 'empty' | 'binary' | 'text' | 'directory' | 'nowhere' | 'circle' | 'certificate' | NoFile;
  /** bytes of a certificate that are others: where, and which */
  readonly flips: readonly (readonly [number, number])[];
  readonly text: string;
}

const KINDS = ['gone', 'empty', 'binary', 'text', 'directory', 'nowhere', 'circle', ...NO_FILES] as const;
const LINEAGE = 'bad.test';
const PARTS = ['cert', 'chain', 'fullchain', 'privkey'];
const STATE = [
  ...[
    'installed',
    'outbox',
    'outstanding.json',
    'owed.json',
    'failures.json',
    'pending',
    'requests',
    'inbox',
    'backup',
  ],
  ...[
    'journal',
    'accepted',
    `installed/${LINEAGE}.json`,
    'journal/x.json',
    `pending/${'t'.repeat(43)}.json`,
    'delivery',
    'outbox/x.json',
    'deleted',
    `deleted/${LINEAGE}.json`,
    `accepted/${LINEAGE}.json`,
    'silent.json',
    'journal.lock',
  ],
];
/** Below the directory that holds both: of one lineage, of what is none, and of state. */
const OF_ONE = [
  ...[
    `renewal/${LINEAGE}.conf`,
    'renewal/x.conf',
    'renewal/..conf',
    'renewal/.conf',
    'renewal/README',
    `renewal/${'n'.repeat(240)}.conf`,
  ],
  ...[`live/${LINEAGE}`, `archive/${LINEAGE}`, 'live/README', 'live/x.test', 'accounts/x', 'cli.ini'],
  ...PARTS.flatMap((part) => [`live/${LINEAGE}/${part}.pem`, `archive/${LINEAGE}/${part}1.pem`]),
].map((path) => `letsencrypt/${path}`);

const mishapAt = (path: fc.Arbitrary<string>): fc.Arbitrary<Mishap> =>
  fc.record({
    path,
    kind: fc.constantFrom<Mishap['kind'][]>(...KINDS, 'certificate', 'certificate'),
    flips: fc.array(fc.tuple(fc.nat(700), fc.nat(255)), { maxLength: 4 }),
    text: fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary', maxLength: 100 }),
      fc.constantFrom(
        ...[
          '[renewalparams]\nauthenticator = manual\n',
          '[renewalparams]\nauthenticator = manual\nmanual_auth_hook = certbot-ha-auth\n',
        ],
        ...[
          '[renewalparams',
          'authenticator',
          '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
        ],
      ),
    ),
  });

/** What of one lineage, or of state, may be spoiled while all else is sound. */
export const MISHAPS = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: mishapAt(fc.constantFrom(...OF_ONE)) },
    mishapAt(fc.constantFrom(...STATE.map((path) => `state/${path}`))),
  ),
  { minLength: 1, maxLength: 4 },
);

/** All that state's directories hold is spoiled, and the directories are there. */
export const SPOILED_STATE: readonly Mishap[] = STATE.filter((path) => path.endsWith('.json')).map(
  (path) => ({
    ...{ path: `state/${path}`, kind: 'text', flips: [], text: 'no JSON' },
  }),
);

/** What is damaged cannot be kept. */
export const NO_BACKUP: Mishap[] = [
  { path: 'state/outstanding.json', kind: 'text', flips: [], text: 'no JSON' },
  { path: 'letsencrypt/renewal/bad.test.conf', kind: 'gone', flips: [], text: '' },
  { path: 'state/backup', kind: 'socket', flips: [], text: '' },
];

/** What lies in the place of the installer's lock. */
export const NO_LOCKS: [Mishap[]][] = (['directory', 'nowhere', 'text'] as const).map((kind) => [
  [{ path: 'state/journal.lock', kind, flips: [], text: '' }],
]);

/** Directories that are away: not mounted, or a link to what is not. */
export const AWAY = fc.record({
  path: fc.constantFrom('letsencrypt', 'letsencrypt/renewal', 'letsencrypt/live', 'letsencrypt/archive'),
  kind: fc.constantFrom('gone', 'nowhere', 'circle', 'empty') satisfies fc.Arbitrary<Mishap['kind']>,
  flips: fc.constant([]),
  text: fc.constant(''),
});

/** @param pem of a sound certificate, some of whose bytes may be others */
export async function spoil(root: string, { path, kind, flips, text }: Mishap, pem: string): Promise<void> {
  const file = join(root, path);
  try {
    await rm(file, { recursive: true, force: true });
    if (kind === 'gone') return;
    await mkdir(dirname(file), { recursive: true });
    if (kind === 'empty') return await writeFile(file, '');
    if (kind === 'binary') return await writeFile(file, Buffer.from(flips.flat()));
    if (kind === 'text') return await writeFile(file, text);
    if (kind === 'directory') return void (await mkdir(join(file, 'below'), { recursive: true }));
    if (kind === 'nowhere') return await symlink('/nowhere/at/all', file);
    if (kind === 'circle') return await symlink(file, file);
    if (isNoFile(kind)) return await putNoFile(kind, file);
    await writeFile(file, flipped(pem, flips));
    await chmod(file, 0o600);
  } catch (error) {
    // What an earlier one has made of its directory leaves no place for it.
    if (!['ENOTDIR', 'ELOOP', 'ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
  }
}

/** A certificate with other bytes, which may be dates, names, keys, lengths. */
export function flipped(pem: string, flips: Mishap['flips']): string {
  const der = Buffer.from(new X509Certificate(pem).raw);
  for (const [at, value] of flips) der[at % der.length] = value;
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

/** The same tree as often as it is needed. */
export async function copyOf(sound: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await cp(sound, to, { recursive: true, verbatimSymlinks: true });
}
