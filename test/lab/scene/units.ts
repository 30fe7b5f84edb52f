import { eventually } from '../eventually.ts';
import type { LabNode } from '../lab.ts';

/** A property of a unit, as systemd has it. */
export async function show(node: LabNode, unit: string, property: string): Promise<string> {
  return (await node.check(['systemctl', 'show', '--value', '--property', property, unit])).trim();
}

/** Resolves when a unit is not at work. */
export async function restOf(node: LabNode, unit: string, timeoutMs: number): Promise<void> {
  const rests = async () => /^(?:inactive|failed)$/.test(await show(node, unit, 'ActiveState'));
  await eventually(rests, { timeoutMs, what: `${node.name}: ${unit} to rest` });
}
