import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { OK } from '../../../lib/base/outcome.ts';
import type { Config } from '../../../lib/cluster/config.ts';
import { ended, type InstallOptions } from '../../../lib/installer/ending.ts';
import { prepare } from '../../../lib/installer/prepare.ts';
import type { Member } from '../../../lib/installer/put-in-place.ts';
import { installTogether } from '../../../lib/installer/together.ts';
import type { Bundle } from '../../../lib/lineage/bundle.ts';
import { openState } from '../../../lib/state/state.ts';
import { LIMITS } from '../../../lib/system/limits.ts';
import { timeLimit } from '../../../lib/system/time-limit.ts';
import { expectedFiles } from '../../../lib/webserver/kinds.ts';
import { generationIn } from '../../support/installer/looks.ts';
import { makeBundle, NAME, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test } from '../../support/lineage/certificates.ts';
import { noDamage } from '../../support/no-damage.ts';

const OTHER = 'other.example.test';

/** An installer whose disk takes no `accepted` of a lineage, and no `undoing`. */
function withFullDisk(directory: string, lineage: string) {
  const configDir = join(directory, 'letsencrypt');
  const state = openState({ stateDir: join(directory, 'state') }, noDamage);
  const full = Object.assign(new Error('ENOSPC: no space left on device'), { errno: -28, code: 'ENOSPC' });
  const verbs: string[] = [];
  const did = (verb: string) => async () => {
    verbs.push(verb);
    return OK;
  };
  const webServer = {
    ...{ test: did('test'), reload: did('reload'), isStandby: async () => false },
    ...{ hasTest: true, isNaming: async () => false },
    expects: (live: string) => expectedFiles('nginx', live),
  };
  const options: InstallOptions = {
    state: {
      ...state,
      journal: {
        ...state.journal,
        write: async (entry) => {
          if (entry.lineage === lineage && entry.phase !== 'placing') throw full;
          await state.journal.write(entry);
        },
      },
    },
    ...{ now: () => new Date(), webServer, webServerFor: () => webServer },
    limit: timeLimit(LIMITS.roundMs),
    usesFor: async () => ({ test: webServer.test, hasTest: true, seen: async () => [] }),
    certificates: { mode: 'shared', configDir } as Config['certificates'],
    hooks: { auth: '/auth.js', cleanup: '/cleanup.js', deploy: '/deploy.js' },
  };
  const memberOf = async (bundle: Bundle): Promise<Member> => {
    const prepared = await prepare(bundle.manifest.leaf.sha256, { ...bundle, stamp: null }, options);
    if (prepared.kind !== 'new') throw new Error(prepared.kind);
    return prepared.member;
  };
  return { configDir, state, verbs, options, memberOf };
}

test('what cannot be written down as accepted is back before the web server is reloaded, or not reloaded', async ({
  directory,
  ca,
}) => {
  const { configDir, state, verbs, options, memberOf } = withFullDisk(directory, NAME);
  const old = await ca.issue([NAME], { notBefore: new Date(Date.now() - 86_400_000) });
  const next = await ca.issue([NAME]);
  await writeIssuerTree(configDir, [old]);
  const alone = await memberOf(makeBundle(next, { configDir, number: 2 }));
  const { endings, inUse } = await installTogether([alone], options);
  expect(endings.get(alone)).toMatchObject({ state: 'failed', findings: [{ code: 'system-error' }] });
  expect(inUse).toBeNull();
  expect(verbs).toEqual(['test']);
  expect(generationIn(configDir, NAME, [old, next])).toBe(old);
  expect(await state.journal.list()).toEqual([]);

  const again = await memberOf(makeBundle(next, { configDir, number: 2 }));
  const other = await memberOf(makeBundle(await ca.issue([OTHER]), { configDir, lineage: OTHER }));
  const both = await installTogether([again, other], options);
  expect(both.endings.get(again)).toMatchObject({ state: 'failed' });
  expect(both.endings.get(other)).toEqual(ended('installed'));
  expect(verbs).toEqual(['test', 'test', 'reload']);
  expect(generationIn(configDir, NAME, [old, next])).toBe(old);
  expect((await readdir(join(configDir, 'live'))).toSorted()).toEqual(
    [NAME, OTHER, 'certbot-ha-lineages'].toSorted(),
  );
});
