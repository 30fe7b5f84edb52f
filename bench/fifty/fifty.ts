import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../lib/base/errors.ts';
import { start } from '../../test/support/programs/program.ts';
import type { Figure } from '../figure.ts';
import { standaloneHome } from '../standalone.ts';

/** Nodes of the clusters that are measured: what is compared, and what the picture shows. */
const SIZES = [2, 3, 5, 10, 20, 50];
const LINEAGES = 100;
/** Fifty agents take a minute to start on two cores. */
const WITHIN_MS = 20 * 60_000;

const INSIDE = fileURLToPath(new URL('inside.ts', import.meta.url));
/** Files in memory, so that fifty nodes do not share one disk's time. */
const ENTER = 'mount -t tmpfs none /run && exec jiti "$@"';

/**
 * A cluster of fifty: an agent, an installer and an nginx each, in networks of their own. Whatever becomes of this process, they end with the
 * namespaces of the program that has started them.
 */
export async function measureFifty(): Promise<readonly Figure[]> {
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const standalone = standaloneNode();
  const inside = ['sh', '-c', ENTER, 'sh', INSIDE, SIZES.join(','), String(LINEAGES), standalone];
  // Killed with this process; and the kernel ends what is below unshare when that has gone.
  const program = start(['setpriv', '--pdeathsig=KILL', '--', 'unshare', ...namespaces, ...inside]);
  program.child.stderr?.pipe(process.stderr);
  const late = setTimeout(() => void program.kill(), WITHIN_MS);
  const { code, stdout } = await program.ended;
  clearTimeout(late);
  if (code === null) throw new Error(`fifty nodes: not measured within ${WITHIN_MS / 60_000} minutes`);
  if (code !== 0) throw new Error(`fifty nodes: exit ${code}`);
  return JSON.parse(stdout) as readonly Figure[];
}

/** Empty, and told, where it cannot be had: the other figures need none. */
function standaloneNode(): string {
  try {
    return join(standaloneHome(), 'bin/node');
  } catch (error) {
    console.error(`bench: fifty: without the Node.js of certbot-ha-standalone: ${messageOf(error)}`);
    return '';
  }
}
