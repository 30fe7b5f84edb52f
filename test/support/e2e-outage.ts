import type { LabNode } from '../lab/lab.ts';
import type { Undo } from './e2e-test.ts';

/** Takes a node away for a test. Gives what brings it back before the test is over. */
export async function down(node: LabNode, lack: 'power' | 'cable', undo: Undo): Promise<() => Promise<void>> {
  const isPower = lack === 'power';
  const back = async () => await (isPower ? node.boot() : node.plug());
  undo(back);
  await (isPower ? node.powerOff() : node.unplug());
  return back;
}
