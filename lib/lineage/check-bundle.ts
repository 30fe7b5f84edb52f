import { checkLineage } from './check-lineage.ts';
import { parseLineage, type Lineage } from './lineage.ts';
import { CertbotHaError } from '../base/errors.ts';
import { accountIdOf } from '../certbot/account.ts';
import { BUNDLE_FILES, sha256, type Bundle, type BundlePath } from './bundle.ts';
import { isLineageName } from './schemas.ts';
import { type Leaf, leafOf } from './generation.ts';
import { readRenewalData, renewerOf, type RenewalData } from '../certbot/renewal-data.ts';
import type { Finding } from '../findings/register.ts';

const LEAF_KEYS = ['sha256', 'serial', 'notBefore', 'notAfter'] as const satisfies (keyof Leaf)[];

export type CheckedBundle =
  { readonly lineage: Lineage; readonly data: RenewalData } | { readonly problems: readonly Finding[] };

/**
 * Everything that can be told of a bundle alone: each file is the manifest's, the key matches the
 * leaf, the chain is in order, the dates hold, the manifest tells the truth of the leaf, and the
 * renewal configuration has what a renewal by certbot-ha's hooks needs. Sender and receiver ask the same.
 */
export async function checkBundle({ manifest, files }: Bundle, now: Date): Promise<CheckedBundle> {
  if (!isLineageName(manifest.lineage)) {
    return { problems: [{ code: 'manifest-invalid-name', name: manifest.lineage }] };
  }
  const sums = checkFiles({ manifest, files });
  if (sums.length > 0) return { problems: sums };
  // Who sends it may be of an earlier version, to which every lineage of the manual plugin was the cluster's.
  if (!renewerOf(files['renewal.conf']).isOurs) {
    return { problems: [{ code: 'conf-not-ours', lineage: manifest.lineage }] };
  }
  const data = readRenewalData(files['renewal.conf']);
  try {
    const lineage = await parseLineage(manifest.lineage, (name) => files[name]);
    const unsound = checkLineage(lineage, [], now);
    const problems = unsound.length > 0 ? unsound : leafProblems(lineage, manifest);
    const all = [...problems, ...('problems' in data ? data.problems : accountProblems(data, files))];
    return all.length > 0 || 'problems' in data ? { problems: all } : { lineage, data };
  } catch (error) {
    if (error instanceof CertbotHaError) return { problems: error.findings };
    throw error;
  }
}

function checkFiles({ manifest, files }: Bundle): readonly Finding[] {
  const listed = new Map(manifest.files.map((file) => [file.path, file]));
  return (Object.keys(BUNDLE_FILES) as BundlePath[]).flatMap((path): readonly Finding[] => {
    const entry = listed.get(path);
    if (entry === undefined || files[path] === undefined)
      return [{ code: 'bundle-file-missing', file: path }];
    return entry.sha256 === sha256(files[path]) ? [] : [{ code: 'checksum-differs', file: path }];
  });
}

/** An account under another one's name would keep that one from ever being installed. */
function accountProblems({ account }: RenewalData, files: Bundle['files']): readonly Finding[] {
  const isOwn = accountIdOf(files['account/private_key.json']) === account;
  return isOwn ? [] : [{ code: 'account-key-mismatch', account }];
}

function leafProblems({ leaf }: Lineage, manifest: Bundle['manifest']): readonly Finding[] {
  const own = leafOf(leaf);
  const isSame = LEAF_KEYS.every((key) => own[key] === manifest.leaf[key]);
  return isSame ? [] : [{ code: 'manifest-other-leaf' }];
}
