import { readFile, writeFile } from 'node:fs/promises';
import type { Forgery, Forging } from './forgery.ts';

const editManifest =
  (change: (manifest: Record<string, unknown>) => unknown) =>
  async ({ at }: Forgery) => {
    const manifest = JSON.parse(await readFile(at('manifest.json'), 'utf8')) as Record<string, unknown>;
    await writeFile(at('manifest.json'), JSON.stringify(change(manifest)));
  };
const files = (change: (file: { path: string }) => unknown) =>
  editManifest((manifest) => ({ ...manifest, files: (manifest['files'] as { path: string }[]).map(change) }));

/** The manifest is not what it should be, or not of these files. */
export const FORGED_MANIFESTS: readonly Forging[] = [
  [
    'a manifest that is not JSON',
    /^manifest: not JSON \[manifest-not-json\]$/,
    async ({ at }) => await writeFile(at('manifest.json'), 'MZ\0'),
  ],
  [
    'a manifest that is empty',
    /^manifest: not JSON \[manifest-not-json\]$/,
    async ({ at }) => await writeFile(at('manifest.json'), ''),
  ],
  [
    '`..` in a path of the manifest',
    /^manifest: files\.0\.path: not as it should be \[manifest-invalid\]$/,
    files((file) => ({ ...file, path: `../../${file.path}` })),
  ],
  [
    'an absolute path in the manifest',
    /^manifest: files\.0\.path/,
    files((file) => ({ ...file, path: '/etc/passwd' })),
  ],
  [
    'a lineage that leads up',
    /^manifest: lineage: not as it should be \[manifest-invalid\]$/,
    editManifest((manifest) => ({ ...manifest, lineage: '../../etc' })),
  ],
  [
    'a wrong checksum',
    /^cert\.pem: its SHA-256 is not the one in the manifest \[checksum-differs\]$/,
    files((file) => ({ ...file, sha256: 'f'.repeat(64) })),
  ],
  [
    'a changed byte',
    /^account\/meta\.json: its SHA-256 is not/,
    async ({ at }) => await writeFile(at('account/meta.json'), '{}'),
  ],
  [
    'bytes that are no text',
    /^cert\.pem: its SHA-256 is not/,
    async ({ at }) => await writeFile(at('cert.pem'), Buffer.from([0xff, 0xfe, 0])),
  ],
  [
    'the name of another leaf',
    /leaf: not the one that the bundle is named for/,
    editManifest((manifest) => ({
      ...manifest,
      leaf: { ...(manifest['leaf'] as object), sha256: 'b'.repeat(64) },
    })),
  ],
];
