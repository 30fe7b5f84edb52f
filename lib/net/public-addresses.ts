import { runCommand } from '../system/run-command.ts';
import { addressesIn, lookUp } from './resolve.ts';

interface Limits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * The addresses that DNS has for a name, IPv6 too on a host without it, which is what a CA sees; where DNS has none or
 * does not answer, those that this machine knows. Null when that took longer than the time, or the signal aborted.
 */
export async function publicAddresses(name: string, limits: Limits): Promise<readonly string[] | null> {
  const found = await askDns(name, limits);
  return found.length > 0 ? found : await askHere(name, limits);
}

async function askDns(name: string, { timeoutMs, signal }: Limits): Promise<readonly string[]> {
  const { Resolver } = await import('node:dns/promises');
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  const onAbort = () => resolver.cancel();
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(onAbort, timeoutMs);
  try {
    const answers = await Promise.allSettled([resolver.resolve6(name), resolver.resolve4(name)]);
    // Without an answer of DNS this machine is asked, whatever has kept it back.
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

async function askHere(name: string, limits: Limits): Promise<readonly string[] | null> {
  // Addresses of a family that this host does not have count as well, and not every getent can say so.
  const { code, stdout } = await runCommand(['getent', '--no-addrconfig', 'ahosts', name], limits);
  if (code !== 0) return await lookUp(name, limits);
  return addressesIn(stdout);
}
