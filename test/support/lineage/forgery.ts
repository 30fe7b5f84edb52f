import type { InstallerNode } from '../installer/node.ts';

/** A bundle that lies in an inbox, to be spoiled. */
export interface Forgery {
  /** where the bundle lies */
  readonly root: string;
  readonly node: Pick<InstallerNode, 'inbox'>;
  readonly at: (path: string) => string;
}

/** What is done to a bundle, and the reason it is refused with. */
export type Forging = readonly [string, RegExp, (forgery: Forgery) => Promise<unknown>];
