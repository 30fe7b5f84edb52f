import * as v from 'valibot';
import { CertbotHaError } from '../base/errors.ts';
import { isSystemError } from '../base/expected.ts';
import { MINUTE_MS } from '../system/spans.ts';
import { valueIn, writeJsonFile, type OnDamage } from './json-file.ts';
import { layoutOf } from './layout.ts';

/** How long nothing has to answer to be noted, and what a node is given that is known for it. */
export const SHORT_CHANCE_MS = 1_000;
/** A node may come back at any time: its full chance it gets from each sync, and from everybody after that. */
const KNOWN_FOR_MS = 5 * MINUTE_MS;
const SAVE_WAIT_MS = 2_000;

/** milliseconds since the epoch, by address */
const silentSchema = v.record(v.string(), v.number());

/**
 * `stateDir/silent.json`: where nothing has answered a moment ago. certbot renews one lineage after another, with three
 * hooks each: a node that is off would cost each of them its time-outs. A damaged file counts as absent.
 */
export interface SilentNodes {
  /** Whether nothing has answered at an address within the last minutes. */
  isSilent(address: string): Promise<boolean>;
  /** Notes it, or that something has answered, for `save`. */
  saw(address: string, isSilent: boolean): void;
  /** Adds what is news to what others have written down. Whatever keeps it from that, the next program waits longer. */
  save(): Promise<void>;
}

export function createSilentNodes(stateDir: string, onDamage: OnDamage = () => undefined): SilentNodes {
  const { silent: file, backup } = layoutOf(stateDir);
  const news = new Map<string, boolean>();
  let reading: Promise<ReadonlyMap<string, number>> | null = null;

  async function read(): Promise<ReadonlyMap<string, number>> {
    const known = Object.entries((await valueIn(file, silentSchema, onDamage).catch(() => null)) ?? {});
    const nowMs = Date.now();
    return new Map(known.filter(([, atMs]) => atMs <= nowMs && nowMs - atMs < KNOWN_FOR_MS));
  }

  /** Read again: one hook has several of these, and a sync may run beside it. */
  async function write(): Promise<void> {
    const known = new Map(await read());
    for (const [address, isSilent] of news) {
      if (isSilent) known.set(address, Date.now());
      else known.delete(address);
    }
    const options = { mode: 0o644, isDurable: false };
    await writeJsonFile(file, Object.fromEntries(known), options, backup);
  }

  return {
    isSilent: async (address) => news.get(address) ?? (await (reading ??= read())).has(address),
    saw: (address, isSilent) => void news.set(address, isSilent),
    async save() {
      if (news.size === 0) return;
      const before = await read();
      const isNews = [...news].some(([address, isSilent]) => isSilent || before.has(address));
      if (!isNews) return;
      try {
        // Imported late: as a rule there is nothing to write down.
        const { withLock } = await import('../system/lock.ts');
        await withLock(file, write, { waitMs: SAVE_WAIT_MS });
      } catch (error) {
        if (!isSystemError(error) && !(error instanceof CertbotHaError)) throw error;
      }
    },
  };
}
