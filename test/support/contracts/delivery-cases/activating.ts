import { reasonIn } from '../reason-in.ts';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { treeOf } from '../../tree.ts';
import { idOf, long, type DeliveryCases } from './case.ts';

export const ACTIVATING: DeliveryCases = {
  'activates by a marker alone, and may do so twice': async ({ under, bundle }) => {
    await under.delivery.stage(under.peer, bundle, long());
    const before = await treeOf(join(under.inbox, 'bundles'));
    expect(await readdir(join(under.inbox, 'activated'))).toEqual([]);
    for (let time = 0; time < 2; time += 1) {
      expect(await under.delivery.activate(under.peer, idOf(bundle), long())).toEqual({ isOk: true });
      expect(await treeOf(join(under.inbox, 'activated'))).toEqual([`${idOf(bundle)} 600 `]);
    }
    expect(await treeOf(join(under.inbox, 'bundles'))).toEqual(before);
  },

  'does not activate what has never come': async ({ name, under, skip }) => {
    if (!under.seesBundles) return skip(`${name} only carries; the installer refuses a marker alone`);
    const outcome = await under.delivery.activate(under.peer, 'a'.repeat(64), long());
    expect(reasonIn(outcome)).toMatch(/no bundle a{64}/);
    expect(await readdir(join(under.inbox, 'activated'))).toEqual([]);
  },
};
