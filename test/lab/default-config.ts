type Tree = { readonly [key: string]: unknown };

/**
 * A lab's configuration with changes: objects are merged key by key, `null` removes a key, anything else replaces.
 * A node given as an address becomes an object where the change is one. JSON, which is YAML too.
 */
export function withOverrides(base: object, overrides: object = {}): string {
  return `${JSON.stringify(merge(base as Tree, overrides as Tree), null, 2)}\n`;
}

function merge(base: Tree, change: Tree): Tree {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(change)) {
    const old = base[key];
    if (value === null) delete result[key];
    else if (!isTree(value)) result[key] = value;
    else if (isTree(old)) result[key] = merge(old, value);
    else result[key] = typeof old === 'string' ? { address: old, ...value } : value;
  }
  return result;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
