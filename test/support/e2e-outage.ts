import { eventually } from '../lab/eventually.ts';
import type { Lab, LabNode } from '../lab/lab.ts';
import type { Undo } from './e2e-test.ts';

/** Takes a node away for a test. Gives what brings it back before the test is over. */
export async function down(node: LabNode, lack: 'power' | 'cable', undo: Undo): Promise<() => Promise<void>> {
  const isPower = lack === 'power';
  const back = async () => await (isPower ? node.boot() : node.plug());
  undo(back);
  await (isPower ? node.powerOff() : node.unplug());
  return back;
}

/** Resolves when the first push to a node that is away has come to nothing: the probe follows it. */
export async function pushFails(lab: Lab, from: LabNode, to: LabNode): Promise<void> {
  // On loopback a connection is refused at once.
  if (lab.kind === 'loopback') return;
  const filter = ['state', 'syn-sent', 'dst', to.address, 'dport', '=', ':80'];
  await eventually(async () => (await from.check(['ss', '-Htn', ...filter])) !== '', {
    timeoutMs: 15_000,
    what: `a probe of ${to.name}`,
  });
}
