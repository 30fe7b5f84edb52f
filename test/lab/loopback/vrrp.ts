import type { LabNode } from '../contract.ts';

/** Who would hold the VIPs if each node ran keepalived: the holder until it stops, then the first that is left. */
export interface Vrrp {
  holder(): string | undefined;
  join(name: string): void;
  leave(name: string): void;
  move(to: LabNode): void;
}

export function createVrrp(names: readonly string[]): Vrrp {
  const members = new Set<string>();
  let holder: string | undefined;
  const elect = () => (holder ??= names.find((name) => members.has(name)));
  return {
    holder: () => holder,
    join(name) {
      members.add(name);
      elect();
    },
    leave(name) {
      members.delete(name);
      if (holder === name) holder = undefined;
      elect();
    },
    move({ name }) {
      if (!members.has(name)) throw new Error(`${name} does not take part: its keepalived is stopped`);
      holder = name;
    },
  };
}
