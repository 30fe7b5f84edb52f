import { CertbotHaError } from '../base/errors.ts';
import { quoted } from '../findings/area.ts';
import type { Finding } from '../findings/register.ts';
import { normalAddress } from '../net/address.ts';
import { within } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';
import { orNone, targetOf } from '../system/read-file.ts';
import type { Found } from './find.ts';
import type { Settings } from './settings.ts';

const LOOK_MS = 3_000;

interface DoubtsOptions {
  /** every address of this host */
  readonly addresses: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * What is possible, and hardly meant: a VIP that nothing here knows.
 * @throws {CertbotHaError} `usage` where the webroot is a file; `failed` where nothing there answers
 */
export async function doubtsOf(
  { vips, webroot }: Pick<Settings, 'vips' | 'webroot'>,
  { kept }: Pick<Found, 'kept'>,
  { addresses, signal }: DoubtsOptions,
): Promise<readonly Finding[]> {
  const look = async () => await orNone(targetOf(webroot), null);
  const stat = await unlessHung(webroot, within(signal, LOOK_MS), look);
  if (stat !== null && !stat.isDirectory()) {
    const problem = `--webroot: expected a directory, got ${quoted(webroot)}`;
    throw new CertbotHaError('usage', { code: 'usage', problem });
  }
  if (kept === null || kept.length === 0) return [];
  const known = new Set([...kept, ...addresses].map(normalAddress));
  const strange = vips.filter((vip) => !known.has(normalAddress(vip)));
  return strange.length === 0 ? [] : [{ code: 'vip-not-in-keepalived', vips: strange, kept }];
}
