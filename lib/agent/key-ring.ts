import type { ClusterKeys } from '../channel/key-file.ts';

/** The cluster's keys, which may be changed while connections are open. */
export interface KeyRing {
  /** those that hold now, whenever they are looked at */
  readonly keys: ClusterKeys;
  /** From the call on, these hold. */
  use(keys: ClusterKeys): void;
  /** A connection was opened with this key. */
  opened(connection: object, key: Buffer): void;
  /** Whether the key that a connection was opened with still holds. */
  admits(connection: object): boolean;
}

export function createKeyRing(first: ClusterKeys): KeyRing {
  let now = first;
  const used = new WeakMap<object, Buffer>();
  return {
    keys: {
      get first() {
        return now.first;
      },
      get all() {
        return now.all;
      },
    },
    use: (keys) => {
      now = keys;
    },
    opened: (connection, key) => void used.set(connection, key),
    admits: (connection) => {
      const key = used.get(connection);
      return key !== undefined && now.all.some((one) => one.equals(key));
    },
  };
}
