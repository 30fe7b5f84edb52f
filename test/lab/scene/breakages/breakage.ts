import type { Step } from '../../../../lib/findings/step.ts';
import type { Lab, LabNode } from '../../lab.ts';
import type { ThreeNodes, Undo } from '../stage.ts';

/** A cluster in which all is well, and one lineage. */
export interface Patient {
  readonly lab: Lab;
  readonly nodes: ThreeNodes;
  /** its lineage, and what that is for */
  readonly name: string;
  /** for what the step of the doctor does not fix itself */
  readonly undo: Undo;
}

/** Something that is broken, how it is reported, and how it is fixed. */
export interface Breakage {
  readonly what: string;
  /** what breaks it; does not resolve before it is broken */
  readonly breaks: (patient: Patient) => Promise<unknown>;
  /** the doctor's first line */
  readonly first: RegExp;
  /** what is not on every host */
  readonly needs?: 'libfaketime' | 'nft';
  /** the node on which the doctor looks; default: the first */
  readonly seenFrom?: (patient: Patient) => LabNode;
  /** what a hand does besides, after the first step: with what that has printed, and the steps behind it */
  readonly byHand?: (patient: Patient, printed: string, then: readonly Step[]) => Promise<unknown>;
}

/** The command of the step that is typed then. */
export function commandIf(note: string, steps: readonly Step[]): string {
  const command = steps.find((one) => one.note === note)?.command ?? null;
  if (command === null) throw new Error(`${note}: ${JSON.stringify(steps)}`);
  return command;
}

/** Whether one of the steps is this by hand. */
export function expectByHand(part: string, steps: readonly Step[]): void {
  if (!steps.some(({ note, command }) => command === null && note?.includes(part) === true))
    throw new Error(`${part}: ${JSON.stringify(steps)}`);
}

/** Runs a line of shell. */
export async function sh(node: LabNode, line: string): Promise<string> {
  return await node.check(['sh', '-euc', line]);
}

/** By which the cluster works. A drill that fails does not last long. */
export const CONFIGURED = (lab: Lab): string => lab.defaultConfig({ gate: { timeout: 5 } });
