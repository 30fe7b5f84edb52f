import type { LabNode } from '../lab.ts';
import type { Undo } from './stage.ts';

const FIND = 'ls /usr/lib/*/faketime/libfaketime.so.1';

/** Whether a node has nothing that moves clocks. Throws where it has to have it. */
export async function lacksFakeClock(node: LabNode): Promise<boolean> {
  const isHere = (await node.run(['sh', '-c', FIND])).code === 0;
  if (!isHere) console.warn('skipped: clocks that differ: libfaketime is not installed');
  if (!isHere && process.env['CI'] === 'true') throw new Error('libfaketime is not installed');
  return !isHere;
}

/** First in every PATH. certbot itself, which is Python, would stand still: its clock decides nothing here. */
export const FAKED_NODE = '/usr/local/sbin/node';

/** The clock of all that is certbot-ha on a node, services, hooks and commands. Gives what sets it right before the test is over. */
export async function setClock(
  undo: Undo,
  node: LabNode,
  aheadMinutes: number,
): Promise<() => Promise<void>> {
  const library = (await node.check(['sh', '-c', FIND])).trim();
  const real = (await node.check(['sh', '-c', 'command -v node'])).trim();
  const clock = `LD_PRELOAD=${library} FAKETIME=+${aheadMinutes}m FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1`;
  const restart = async () =>
    await node.check(['systemctl', 'restart', 'certbot-ha-agent']).then(() => undefined);
  const setRight = async () => {
    await node.check(['rm', '-f', FAKED_NODE]);
    await restart();
  };
  undo(setRight);
  await node.writeFile(FAKED_NODE, `#!/bin/sh\n${clock} exec ${real} "$@"\n`, { mode: 0o755 });
  await restart();
  return setRight;
}
