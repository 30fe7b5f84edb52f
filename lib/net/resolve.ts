import { within } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';
import { runCommand } from '../system/run-command.ts';

/**
 * Resolves a host name as this machine does (nsswitch.conf, hosts, DNS); null when that took longer
 * than the time, or the signal aborted.
 */
export type LookUp = (
  name: string,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
) => Promise<readonly string[] | null>;

/** getent: one or more of the keys could not be found. */
const NOT_FOUND = 2;

/**
 * By a program, because a look-up of Node.js's own cannot be given up: it holds the process, at its
 * end as well, until the resolver has tried every name server in vain.
 */
export const lookUp: LookUp = async (name, options) => {
  if (options.signal?.aborted) return null;
  // A host name never begins with a hyphen, and not every getent takes `--`.
  const { code, stdout, trouble } = await runCommand(['getent', 'ahosts', name], options);
  if (code === 0) return addressesIn(stdout);
  if (code === NOT_FOUND) return [];
  // One that is missing, or does not know of ahosts.
  const isUseless = code !== null || trouble?.code === 'program-not-installed';
  return isUseless ? await lookUpByNode(name, options) : null;
};

/** A line an address and kind of socket: `192.168.69.11  STREAM web1`. */
export function addressesIn(output: string): readonly string[] {
  const addresses = output.split('\n').map((line) => line.split(/\s/, 1)[0] ?? '');
  return [...new Set(addresses)].filter((address) => address !== '');
}

/** Waited for no longer than the program, and left behind then. */
async function lookUpByNode(
  name: string,
  { timeoutMs, signal }: Parameters<LookUp>[1],
): Promise<readonly string[] | null> {
  const { lookup } = await import('node:dns/promises');
  const limit = within(signal ?? new AbortController().signal, timeoutMs);
  try {
    return await unlessHung(name, limit, async () =>
      (await lookup(name, { all: true })).map(({ address }) => address),
    );
  } catch {
    // Whatever else keeps it from resolving, there is no address.
    return limit.aborted ? null : [];
  }
}
