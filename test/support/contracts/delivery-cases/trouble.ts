import { reasonIn } from '../reason-in.ts';
import { expect } from 'vitest';
import { secretsOf } from '../../lineage/bundle.ts';
import { processesShow } from '../../programs/processes.ts';
import { idOf, long, type DeliveryCases } from './case.ts';

export const TROUBLE: DeliveryCases = {
  'says soon and clearly that a peer is down': async ({ name, under: { down }, bundle, skip }) => {
    if (!down) return skip(`${name}: no peer is asked, so none can be down`);
    const startedMs = performance.now();
    const staged = await down.delivery.stage(down.peer, bundle, long());
    const activated = await down.delivery.activate(down.peer, { id: idOf(bundle), stamp: null }, long());
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    for (const outcome of [staged, activated]) {
      expect(reasonIn(outcome)).toMatch(down.reason);
    }
  },

  'ends every call when its signal aborts': async ({ name, under: { hanging }, bundle, skip }) => {
    if (!hanging) return skip(`${name}: no peer is asked, so none can hang`);
    const { delivery, peer } = hanging;
    const startedMs = performance.now();
    const signal = AbortSignal.timeout(500);
    const [staged, activated, result] = await Promise.all([
      delivery.stage(peer, bundle, signal),
      delivery.activate(peer, { id: idOf(bundle), stamp: null }, signal),
      delivery.result(peer, idOf(bundle), signal),
    ]);
    expect(performance.now() - startedMs).toBeLessThan(2_500);
    expect([staged.isOk, activated.isOk, result]).toEqual([false, false, null]);
  },

  'shows no key in the list of processes': async ({ name, under: { hanging }, bundle, skip }) => {
    if (!hanging) return skip(`${name}: nothing is sent, so nothing can show`);
    const controller = new AbortController();
    const staging = hanging.delivery.stage(hanging.peer, bundle, controller.signal);
    const shown = await processesShow();
    controller.abort();
    const outcome = await staging;
    expect(shown.length).toBeGreaterThan(0);
    for (const secret of secretsOf(bundle)) {
      expect([...shown, JSON.stringify(outcome)].filter((line) => line.includes(secret))).toEqual([]);
    }
  },
};
