import { reasonIn } from '../reason-in.ts';
import { readdir, readFile } from 'node:fs/promises';
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
      expect(await under.delivery.activate(under.peer, { id: idOf(bundle), stamp: null }, long())).toEqual({
        isOk: true,
      });
      expect(await treeOf(join(under.inbox, 'activated'))).toEqual([`${idOf(bundle)} 600 `]);
    }
    expect(await treeOf(join(under.inbox, 'bundles'))).toEqual(before);
  },

  'brings the stamp with the marker': async ({ under, bundle }) => {
    const stamp = '2026-11-24T07:00:00.000Z';
    await under.delivery.stage(under.peer, bundle, long());
    const told = await under.delivery.activate(under.peer, { id: idOf(bundle), stamp }, long());
    expect(told).toEqual({ isOk: true });
    expect(await readFile(join(under.inbox, 'activated', idOf(bundle)), 'utf8')).toBe(`${stamp}\n`);
    expect(await readdir(join(under.inbox, 'activated'))).toEqual([idOf(bundle)]);
  },

  'does not activate what has never come': async ({ name, under, skip }) => {
    if (!under.seesBundles) return skip(`${name} only carries; the installer refuses a marker alone`);
    const outcome = await under.delivery.activate(under.peer, { id: 'a'.repeat(64), stamp: null }, long());
    expect(reasonIn(outcome)).toMatch(/no bundle a{64}/);
    expect(await readdir(join(under.inbox, 'activated'))).toEqual([]);
  },
};
