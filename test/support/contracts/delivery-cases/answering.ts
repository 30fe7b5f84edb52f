import { expect } from 'vitest';
import type { Bundle } from '../../../../lib/lineage/bundle.ts';
import type { InstallResult } from '../../../../lib/state/results.ts';
import { endInstallation } from '../../installer/ending.ts';
import { NAME } from '../../lineage/bundle.ts';
import { idOf, long, type DeliveryCases } from './case.ts';

export const ANSWERING: DeliveryCases = {
  'tells how the installer has ended': async ({ directory, under, bundle }) => {
    const { delivery, peer, inbox } = under;
    await delivery.stage(peer, bundle, long());
    await delivery.activate(peer, { id: idOf(bundle), stamp: null }, long());
    const waiting = delivery.result(peer, idOf(bundle), long());
    const ended = endedWith(bundle, 'rolled back', 'nginx -t: exit 1', '  nginx: [emerg] unknown directive');
    await endInstallation(directory, inbox, ended);
    expect(await waiting).toEqual(ended);
  },

  'takes no earlier answer for that of the last activation': async ({ directory, under, bundle }) => {
    const { delivery, peer, inbox } = under;
    for (const state of ['rolled back', 'installed'] as const) {
      await delivery.stage(peer, bundle, long());
      await delivery.activate(peer, { id: idOf(bundle), stamp: null }, long());
      const early = await delivery.result(peer, idOf(bundle), AbortSignal.timeout(1_000));
      expect(early?.state ?? 'failed').toBe('failed');
      await endInstallation(directory, inbox, endedWith(bundle, state));
      const answer = await delivery.result(peer, idOf(bundle), long());
      expect(answer).toEqual(endedWith(bundle, state));
    }
  },

  'shows nothing of an answer that would move a cursor': async ({ directory, under, bundle }) => {
    const { delivery, peer, inbox } = under;
    await delivery.stage(peer, bundle, long());
    await delivery.activate(peer, { id: idOf(bundle), stamp: null }, long());
    const forged = endedWith(bundle, 'refused', 'a\u001b[2Jb\u009bc\u202ed\ne', 'é'.repeat(5_000));
    await endInstallation(directory, inbox, forged);
    expect(await delivery.result(peer, idOf(bundle), long())).toEqual(
      endedWith(bundle, 'refused', 'a [2Jb c d e', 'é'.repeat(1_000)),
    );
  },

  'gives up waiting for a result when its signal aborts': async ({ under, bundle }) => {
    await under.delivery.stage(under.peer, bundle, long());
    await under.delivery.activate(under.peer, { id: idOf(bundle), stamp: null }, long());
    const startedMs = performance.now();
    const result = await under.delivery.result(under.peer, idOf(bundle), AbortSignal.timeout(300));
    // Some transports can tell that nobody has taken it.
    expect(result?.state ?? 'failed').toBe('failed');
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  },
};

function endedWith(
  bundle: Bundle,
  state: InstallResult['state'],
  ...messages: readonly string[]
): InstallResult {
  // As a node of an earlier version answers, which has lines alone.
  const findings = messages.map((line) => ({ code: 'unknown-finding', was: '', line }) as const);
  return { id: idOf(bundle), lineage: NAME, state, findings, messages, at: '2026-11-24T00:00:00Z' };
}
