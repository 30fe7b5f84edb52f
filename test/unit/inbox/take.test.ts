import { open, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, onTestFinished, vi } from 'vitest';
import { inboxAt, readBundle } from '../../../lib/inbox/take.ts';
import { markActivated, serialise, stageBundle } from '../../../lib/inbox/stage.ts';
import type { Bundle } from '../../../lib/lineage/bundle.ts';
import { makeBundle, withFiles } from '../../support/lineage/bundle.ts';
import { expect, test as base } from '../../support/lineage/certificates.ts';

type Read = Awaited<ReturnType<FileHandle['read']>>;

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const test = base.extend<{ readonly bundle: Bundle }>({
  bundle: async ({ ca }, use) =>
    await use(makeBundle(await ca.issue(['a.example.test']), { configDir: '/etc/letsencrypt' })),
});

/** Has something happen to the inbox each time that a manifest, the first file of a bundle, is read. */
async function whenManifestIsRead(happens: (time: number) => Promise<unknown>) {
  const handle = await open('/dev/null');
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  // oxlint-disable-next-line typescript/unbound-method -- called with the handle below
  const read: (this: FileHandle, into: Buffer, ...rest: unknown[]) => Promise<Read> = prototype.read;
  let time = 0;
  const watched = async function (this: FileHandle, into: Buffer, ...rest: unknown[]): Promise<Read> {
    const answer = await read.call(this, into, ...rest);
    if (into.includes('"leaf"')) await happens((time += 1));
    return answer;
  };
  const spy = vi.spyOn(prototype, 'read').mockImplementation(watched as typeof prototype.read);
  onTestFinished(() => {
    spy.mockRestore();
  });
  return { times: () => time };
}

describe('a bundle that changes while it is read', () => {
  test('is read anew where a second sender has replaced it', async ({ directory, bundle }) => {
    const { sha256: id } = bundle.manifest.leaf;
    const other = withFiles(bundle, { 'account/meta.json': '{"later": true}' });
    await stageBundle(directory, id, serialise(bundle));
    await markActivated(directory, id);
    const manifest = await whenManifestIsRead(async (time) => {
      if (time > 1) return;
      await rename(join(directory, 'bundles', id), join(directory, 'away'));
      await stageBundle(directory, id, serialise(other));
    });
    const inbox = inboxAt(directory, owner, join(directory, 'aside'));
    expect(await readBundle(inbox, id)).toMatchObject(other);
    expect(manifest.times()).toBe(2);
  });

  test('is read anew where a file of it was away for a moment', async ({ directory, bundle }) => {
    const { sha256: id } = bundle.manifest.leaf;
    await stageBundle(directory, id, serialise(bundle));
    await markActivated(directory, id);
    const file = join(directory, 'bundles', id, 'cert.pem');
    await whenManifestIsRead(async (time) => {
      if (time === 1) await rm(file);
      else await writeFile(file, bundle.files['cert.pem'], { mode: 0o600 });
    });
    const inbox = inboxAt(directory, owner, join(directory, 'aside'));
    expect(await readBundle(inbox, id)).toMatchObject(bundle);
  });

  test('fails, and is not refused, where it never comes to rest', async ({ directory, bundle }) => {
    const { sha256: id } = bundle.manifest.leaf;
    await stageBundle(directory, id, serialise(bundle));
    await markActivated(directory, id);
    await whenManifestIsRead(async (time) => {
      await rename(join(directory, 'bundles', id), join(directory, `away${String(time)}`));
      await stageBundle(directory, id, serialise(bundle));
    });
    const inbox = inboxAt(directory, owner, join(directory, 'aside'));
    await expect(readBundle(inbox, id)).rejects.toMatchObject({ findings: [{ code: 'bundle-replaced' }] });
  });

  test('says at once what is missing where nobody replaces it', async ({ directory, bundle }) => {
    const { sha256: id } = bundle.manifest.leaf;
    await stageBundle(directory, id, serialise(bundle));
    await markActivated(directory, id);
    await rm(join(directory, 'bundles', id, 'cert.pem'));
    const manifest = await whenManifestIsRead(async () => undefined);
    const inbox = inboxAt(directory, owner, join(directory, 'aside'));
    await expect(readBundle(inbox, id)).rejects.toMatchObject({
      findings: [{ code: 'bundle-file-missing' }],
    });
    expect(manifest.times()).toBe(1);
  });
});
