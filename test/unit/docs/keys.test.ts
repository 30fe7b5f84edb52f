import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import { readDocument } from '../../../lib/cluster/problems.ts';
import { documentSchema } from '../../../lib/cluster/schema.ts';
import { blocksIn, entriesOf, proseOf, readPage } from '../../support/markdown.ts';

/** A part of a schema, as far as it is of interest here. */
interface Part {
  readonly type?: string;
  readonly pipe?: readonly Part[];
  readonly wrapped?: Part;
  readonly default?: unknown;
  readonly entries?: Readonly<Record<string, Part>>;
  /** what a record has for each name */
  readonly value?: Part;
  /** what a list has */
  readonly item?: Part;
  /** the mappings of which it is one */
  readonly options?: readonly unknown[];
  readonly getter?: (input: unknown) => Part;
}

interface Key {
  readonly path: string;
  readonly default: unknown;
}

/** The keys below a part, a dot for each mapping, NAME for a name that is the user's own. */
function keysBelow(part: Part, path: string): readonly Key[] {
  const inner = part.pipe ?? (part.wrapped && [part.wrapped]);
  if (inner) return inner.flatMap((one) => (one === part ? [] : keysBelow(one, path)));
  if (part.getter) return keysBelow(part.getter({}), path);
  if (part.type === 'record' && part.value) return keysBelow(part.value, `${path}.NAME`);
  if (part.item) return keysBelow(part.item, path);
  if (part.type === 'variant')
    return oneOfEach((part.options as readonly Part[]).flatMap((one) => keysBelow(one, path)));
  return Object.entries(part.entries ?? {}).flatMap(([name, value]) => {
    const own = path === '' ? name : `${path}.${name}`;
    return [{ path: own, default: value.default }, ...keysBelow(value, own)];
  });
}

/** Keys that several of the mappings have. */
function oneOfEach(keys: readonly Key[]): readonly Key[] {
  return [...new Map(keys.map((key) => [key.path, key])).values()];
}

const keys = keysBelow(documentSchema, '');
/** A section is no setting: nothing is said of it but what it holds. */
const settings = keys.filter(
  ({ path, default: value }) => !isEmptyMapping(value) || path === 'certificates.lineages',
);

function isEmptyMapping(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  );
}

const manual = await readPage('docs/certbot-ha.yaml.5.md');
const configuration = await readPage('docs/configuration.md');

test('certbot-ha.yaml(5) has every key of the configuration, and no other', () => {
  const documented = [...entriesOf(proseOf(manual)).keys()].filter((name) => !/^[A-Z]|^--/.test(name));
  expect(documented.toSorted()).toEqual(settings.map(({ path }) => path).toSorted());
  expect(documented.length).toBeGreaterThan(40);
});

test.for(settings.filter(({ default: value }) => value !== undefined && value !== null))(
  'certbot-ha.yaml(5) has the default of $path',
  ({ path, default: value }) => {
    if (isEmptyMapping(value)) return;
    const written = Array.isArray(value) ? JSON.stringify(value) : String(value);
    expect(entriesOf(proseOf(manual)).get(path)).toContain(`Default: \`${written}\`.`);
  },
);

test('the examples of certbot-ha.yaml(5) are configurations, or parts of one', () => {
  const examples = blocksIn(manual).filter(({ language }) => language === 'yaml');
  expect(examples).toHaveLength(4);
  for (const { text } of examples) {
    const document = { nodes: { web1: '192.0.2.1' }, ...(load(text) as object) };
    expect(readDocument('x', document)).not.toHaveProperty('problems');
  }
});

test('docs/configuration.md shows every key with its default', () => {
  const [, all = ''] = /^All keys, with their defaults:\n\n```yaml\n([^]*?)^```$/m.exec(configuration) ?? [];
  const shown = load(all) as { readonly nodes: unknown };
  const least = readDocument('x', { nodes: shown.nodes });
  expect(least).toEqual({ document: shown });
});

test('a section without keys has its defaults, as docs/configuration.md says', () => {
  const nodes = { web1: '192.0.2.1' };
  expect(readDocument('x', { nodes, gate: null })).toEqual(readDocument('x', { nodes }));
});
