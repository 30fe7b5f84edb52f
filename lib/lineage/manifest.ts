import * as v from 'valibot';
import { CertbotHaError } from '../base/errors.ts';
import { BUNDLE_FILES, type BundlePath, type Manifest } from './bundle.ts';
import { deletionManifestSchema, type DeletionManifest } from './deletion.ts';
import { hash, lineageName, time } from './schemas.ts';

const manifestSchema = v.strictObject({
  version: v.literal(1),
  lineage: lineageName,
  number: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000)),
  leaf: v.strictObject({
    sha256: hash,
    serial: v.pipe(v.string(), v.regex(/^[0-9A-Fa-f]{1,64}$/)),
    notBefore: time,
    notAfter: time,
  }),
  from: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/)),
  files: v.pipe(
    v.array(
      v.strictObject({
        path: v.picklist(Object.keys(BUNDLE_FILES) as BundlePath[]),
        mode: v.pipe(v.string(), v.regex(/^0[0-7]{3}$/)),
        sha256: hash,
      }),
    ),
    v.maxLength(Object.keys(BUNDLE_FILES).length),
  ),
});

const MAX_PROBLEMS = 10;

/** A key that is not ours may be anything, line ends and all. */
function shown(path: string): string {
  return /^[\w.]{1,100}$/.test(path) ? path : JSON.stringify(path.slice(0, 100));
}

/** A bundle's manifest, or a deletion's. @throws {CertbotHaError} `failed`, naming what is wrong */
export function parseManifest(text: string): Manifest | DeletionManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CertbotHaError('failed', { code: 'manifest-not-json' }, { cause: error });
  }
  const isOfDeletion = typeof value === 'object' && value !== null && 'deleted' in value;
  const result = v.safeParse(isOfDeletion ? deletionManifestSchema : manifestSchema, value);
  if (result.success) return result.output;
  throw new CertbotHaError(
    'failed',
    result.issues
      .slice(0, MAX_PROBLEMS)
      .map((issue) => ({ code: 'manifest-invalid' as const, key: shown(v.getDotPath(issue) ?? 'whole') })),
  );
}
