import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { accountIdOf } from '../../../lib/certbot/account.ts';
import { BUNDLE_FILES, type Bundle, type BundlePath } from '../../../lib/lineage/bundle.ts';
import { checkBundle } from '../../../lib/lineage/check-bundle.ts';
import { namesOf } from '../../../lib/lineage/names.ts';
import { withFiles } from '../lineage/bundle.ts';
import { expectWords } from '../strange/words.ts';
import { near } from './near.ts';
import type { Parser } from './parser.ts';

const PATHS = Object.keys(BUNDLE_FILES) as BundlePath[];
const ARMOUR = [
  '-----BEGIN CERTIFICATE-----',
  '-----END CERTIFICATE-----',
  '-----BEGIN PRIVATE KEY-----',
  'ENCRYPTED',
  'AAAA',
];

/** One file of a sound bundle is another, of which its manifest knows. */
export function bundleParsers(sound: Bundle): readonly Parser[] {
  return PATHS.map((path): Parser => ({
    ...{ what: `${path} of a bundle`, share: 3, input: near([sound.files[path]], ARMOUR) },
    holds: async (text) => {
      const bundle = withFiles(sound, { [path]: text });
      const checked = await checkBundle(bundle, new Date());
      if ('problems' in checked) {
        expect(checked.problems).not.toEqual([]);
        return expectWords(...checked.problems);
      }
      // What is let through is the leaf that the manifest tells of, with its key, and an account of its own.
      const { leaf, key } = checked.lineage;
      expect(createHash('sha256').update(leaf.raw).digest('hex')).toBe(sound.manifest.leaf.sha256);
      expect(leaf.checkPrivateKey(key)).toBe(true);
      expect(namesOf(leaf)).not.toEqual([]);
      expect(accountIdOf(bundle.files['account/private_key.json'])).toBe(checked.data.account);
    },
  }));
}
