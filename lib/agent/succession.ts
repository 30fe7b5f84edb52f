import type { ClusterKeys } from '../channel/key-file.ts';
import type { Generation } from './generation.ts';
import { handOver } from './hand-over.ts';
import type { KeyRing } from './key-ring.ts';

/** Generations, one after the other, at the addresses of the first. */
export interface Succession {
  /** the one that answers */
  now(): Generation;
  /** From the call on, the next one answers, and these keys hold. @returns what ends the one before, but for what is asked of it already */
  takeOver(next: Generation, keys: ClusterKeys): () => void;
  /** Ends all of them, and lets what has been asked be answered. */
  close(): Promise<void>;
}

/** A look-up that was asked for before takes 2 s at the most. */
const FINISHING_MS = 2_500;

export function createSuccession(first: Generation, ring: KeyRing): Succession {
  let now = first;
  const earlier = new Set<Generation>();
  return {
    now: () => now,
    takeOver(next, keys) {
      const before = now;
      now = next;
      earlier.add(before);
      ring.use(keys);
      handOver(first.app.server, next.app.server, ring);
      if (first.admin && next.admin) handOver(first.admin.app.server, next.admin.app.server, null);
      return () => {
        before.retire();
        setTimeout(() => {
          earlier.delete(before);
          void before.admin?.close();
        }, FINISHING_MS).unref();
      };
    },
    async close() {
      const all = [now, ...earlier];
      for (const one of all) one.retire();
      // Those that answer are told as well, who say to each client that its connection ends.
      const apps = new Set<Closing>(
        [first, now].flatMap(({ app, admin }) => [app, ...(admin ? [admin.app] : [])]),
      );
      await Promise.all([
        ...[...apps].map(async (app) => await app.close()),
        ...all.map(async ({ admin }) => await admin?.close()),
      ]);
    },
  };
}

interface Closing {
  close(): PromiseLike<unknown>;
}
