import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, onTestFinished, vi } from 'vitest';
import { inboxAt, readBundle } from '../../../lib/inbox/take.ts';
import { markActivated, serialise, stageBundle } from '../../../lib/inbox/stage.ts';
import * as owned from '../../../lib/inbox/owned.ts';
import type { Bundle } from '../../../lib/lineage/bundle.ts';
import { makeBundle, withFiles } from '../../support/lineage/bundle.ts';
import { expect, test as base } from '../../support/lineage/certificates.ts';

vi.mock(import('../../../lib/inbox/owned.ts'), { spy: true });
// Whether it waits before it looks again is no matter here.
vi.mock(import('../../../lib/system/pause.ts'), () => ({ pause: async () => undefined }));

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const test = base.extend<{ readonly bundle: Bundle }>({
  bundle: async ({ ca }, use) =>
    await use(makeBundle(await ca.issue(['a.example.test']), { configDir: '/etc/letsencrypt' })),
});

/** Has something happen to the inbox when the installer has looked through a bundle and reads it. */
function onceLookedThrough(happens: (time: number) => Promise<unknown>): void {
  const { strangersIn } = owned;
  const spy = vi.mocked(owned.strangersIn);
  const real = spy.getMockImplementation() ?? strangersIn;
  let time = 0;
  onTestFinished(() => {
    spy.mockReset();
  });
  spy.mockImplementation(async (...given) => {
    if (given[2] !== undefined) return await real(...given);
    await happens((time += 1));
    return [];
  });
}

describe('a bundle that changes while it is read', () => {
  test('is read anew where a second sender has replaced it', async ({ directory, bundle }) => {
    const { sha256: id } = bundle.manifest.leaf;
    const other = withFiles(bundle, { 'account/meta.json': '{"later": true}' });
    await stageBundle(directory, id, serialise(bundle));
    await markActivated(directory, id);
    const place = join(directory, 'bundles', id);
    onceLookedThrough(async (time) => {
      if (time === 1) await rename(place, join(directory, 'away'));
      else await stageBundle(directory, id, serialise(other));
    });
    const inbox = inboxAt(directory, owner, join(directory, 'aside'));
    expect(await readBundle(inbox, id)).toMatchObject({ files: other.files });
  });

  test('fails, and is not refused, where it never comes to rest', async ({ directory, bundle }) => {
    const { sha256: id } = bundle.manifest.leaf;
    await stageBundle(directory, id, serialise(bundle));
    await markActivated(directory, id);
    onceLookedThrough(async (time) => {
      await rm(join(directory, 'bundles', id), { recursive: true, force: true });
      if (time % 2 === 0) await stageBundle(directory, id, serialise(bundle));
      await rm(join(directory, 'bundles', id, 'manifest.json'), { force: true });
    });
    const inbox = inboxAt(directory, owner, join(directory, 'aside'));
    await expect(readBundle(inbox, id)).rejects.toMatchObject({ findings: [{ code: 'bundle-replaced' }] });
  });

  test('says at once what is missing where nobody replaces it', async ({ directory, bundle }) => {
    const { sha256: id } = bundle.manifest.leaf;
    await stageBundle(directory, id, serialise(bundle));
    await markActivated(directory, id);
    await rm(join(directory, 'bundles', id, 'cert.pem'));
    const inbox = inboxAt(directory, owner, join(directory, 'aside'));
    await expect(readBundle(inbox, id)).rejects.toMatchObject({
      findings: [{ code: 'bundle-file-missing' }],
    });
    expect(owned.strangersIn).toHaveBeenCalledOnce();
  });
});
