import { isNodeName } from '../cluster/schema.ts';
import { runCommand } from '../system/run-command.ts';

/** A member of the cluster that is to be. */
export interface NewNode {
  readonly name: string;
  readonly address: string;
}

/** What this machine calls an address; null where it has no name for it, or not in time. */
export type NameOf = (address: string) => Promise<string | null>;

/** The resolver has a few seconds: a name is a convenience. */
const LOOK_UP_TIMEOUT_MS = 3_000;

/** As the system knows it, by /etc/hosts or the DNS. */
export const nameOf: NameOf = async (address) => {
  const { code, stdout } = await runCommand(['getent', 'hosts', address], { timeoutMs: LOOK_UP_TIMEOUT_MS });
  return code === 0 ? (stdout.trim().split(/\s+/)[1] ?? null) : null;
};

/**
 * Names for the nodes: this one as its host is called, each other one by a reverse look-up, `nodeN` otherwise.
 * @param self its address; null: not known, and then it is not among them
 * @param ownName what this host is called, without its domain
 */
export async function namedNodes(
  self: string | null,
  peers: readonly string[],
  { ownName, look = nameOf }: { readonly ownName: string; readonly look?: NameOf },
): Promise<readonly NewNode[]> {
  const addresses = [...(self === null ? [] : [self]), ...peers];
  const labels = await Promise.all(
    addresses.map(async (address) => (address === self ? usable(ownName) : labelIn(await look(address)))),
  );
  const taken = new Set<string | null>();
  return addresses.map((address, index) => {
    const label = labels[index] ?? null;
    // One that several have tells none of them, but for this host, which knows its own.
    const isOwn = address === self;
    const isClear = label !== null && (isOwn || labels.filter((other) => other === label).length === 1);
    const name = isClear ? label : freeName(index + 1, [...labels, ...taken]);
    taken.add(name);
    return { name, address };
  });
}

function freeName(from: number, taken: readonly (string | null)[]): string {
  const name = `node${from}`;
  return taken.includes(name) ? freeName(from + 1, taken) : name;
}

function labelIn(name: string | null): string | null {
  return usable(name?.split('.')[0] ?? '');
}

/** A number is no name, and localhost is every host's. */
function usable(label: string): string | null {
  return isNodeName(label) && !/^\d+$|^localhost/i.test(label) ? label : null;
}
