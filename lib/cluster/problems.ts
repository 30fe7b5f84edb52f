import * as v from 'valibot';
import { nearest } from '../base/nearest.ts';
import { normalAddress } from '../net/address.ts';
import { SPLITS_AT_SPACES } from './abilities.ts';
import { documentSchema, type ConfigDocument } from './schema.ts';
import type { Finding } from '../findings/register.ts';

type Issue = v.BaseIssue<unknown>;

/** What the document says, or every problem in it, each with its path and what was expected. */
export function readDocument(
  file: string,
  value: unknown,
): { readonly document: ConfigDocument } | { readonly problems: readonly Finding[] } {
  const result = v.safeParse(documentSchema, value);
  const issues = (result.issues ?? []).map((issue) => findingOf(issue, file, value));
  const problems = [...issues, ...contradictions(file, result.output)];
  return result.success && problems.length === 0 ? { document: result.output } : { problems };
}

function findingOf(issue: Issue, file: string, root: unknown): Finding {
  const key = v.getDotPath(issue) ?? 'the file';
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const typed = issue.path?.at(-1)?.key;
    const meant = typeof typed === 'string' ? nearest(typed, issue.message.split(' ')) : null;
    return { code: 'unknown-key', file, key, meant };
  }
  if (issue.type === 'strict_object' && issue.received === 'undefined' && issue.path) {
    const expected = key === 'nodes' ? 'a mapping of node names to addresses' : '';
    return { code: 'missing-key', file, key, expected };
  }
  if (root === undefined || root === null) {
    return { code: 'invalid-value', file, key: 'the file', expected: 'a mapping of keys', got: 'nothing' };
  }
  return { code: 'invalid-value', file, key, expected: issue.message, got: gotOf(key, issue.input) };
}

/** What was found in its place. A URL may be a secret, wherever in the file it stands by mistake; and so is a token in the place of its file. */
function gotOf(key: string, input: unknown): string {
  if (/^notify(?:\.|$)|^dns\.(?:key|token)File$/.test(key)) return kindOf(input);
  return jsonOf(input).replaceAll(/\b([a-z]+:\/\/)[^\s"]+/gi, '$1…');
}

const MAX_VALUES = 1_000;
const MAX_CHARS = 1_000;

/** Its beginning. With YAML's aliases a value may be in itself, or a few lines be a million values: then its kind. */
function jsonOf(input: unknown): string {
  let values = 0;
  const counted = (_: string, value: unknown) => {
    values += 1;
    if (values > MAX_VALUES) throw new RangeError('too many values');
    return value;
  };
  try {
    const text = JSON.stringify(input ?? null, counted);
    return text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}…` : text;
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return kindOf(input);
    throw error;
  }
}

/** Whatever is wrong in a receiver may be a part of its URL. */
function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value !== 'object') return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
  const names = Object.keys(value).map((name) => (/^[a-z]{1,20}$/i.test(name) ? name : '…'));
  return `a mapping of ${names.join(' and ') || 'nothing'}`;
}

/** What no single key can tell: names that are missing, addresses that stand twice. A part that is wrong by itself is passed over. */
function contradictions(file: string, document: unknown): readonly Finding[] {
  const problems: Finding[] = [];
  const { nodes, vips, self, certificates, gate, webServer, stateDir, transport } = mappingOf(document);
  const names = Object.keys(mappingOf(nodes));
  const known = `one of ${names.join(', ')}`;
  const invalid = (key: string, expected: string, got: string) =>
    problems.push({ code: 'invalid-value', file, key, expected, got: JSON.stringify(got) });

  const taken = new Map<string, string>();
  const claim = (address: unknown, key: string) => {
    if (typeof address !== 'string') return;
    const other = taken.get(normalAddress(address));
    if (other === undefined) taken.set(normalAddress(address), key);
    else problems.push({ code: 'address-twice', file, key, address, other });
  };
  for (const [name, node] of Object.entries(mappingOf(nodes))) {
    claim(typeof node === 'string' ? node : mappingOf(node)['address'], `nodes.${name}`);
  }
  if (Array.isArray(vips)) vips.forEach((vip, index) => claim(vip, `vips.${index}`));

  if (names.length > 0 && typeof self === 'string' && !names.includes(self)) invalid('self', known, self);
  const { issuer } = mappingOf(certificates);
  if (names.length > 0 && typeof issuer === 'string' && !['vip', 'any', ...names].includes(issuer)) {
    invalid('certificates.issuer', `vip, any or ${known}`, issuer);
  }
  if (mappingOf(gate)['require'] === 'vip' && Array.isArray(vips) && vips.length === 0) {
    invalid('gate.require', 'all or available where vips is empty', 'vip');
  }
  const carrier = typeof transport === 'string' ? transport : mappingOf(transport)['challenges'];
  if (SPLITS_AT_SPACES.has(carrier) && typeof stateDir === 'string' && stateDir.includes(' ')) {
    invalid('stateDir', `a path without a space, for the transport ${String(carrier)}`, stateDir);
  }
  const places = mappingOf(mappingOf(certificates)['lineages']);
  const whereSaid = [
    ['webServer', webServer] as const,
    ...Object.entries(places).map(([name, entry]) => [`certificates.lineages.${name}`, entry] as const),
  ];
  for (const [key, entry] of whereSaid) {
    const isHolder = mappingOf(entry)['runsOn'] === 'holder';
    if (isHolder && Array.isArray(vips) && vips.length === 0) {
      invalid(`${key}.runsOn`, 'all where vips is empty', 'holder');
    }
  }
  for (const [name, entry] of Object.entries(places)) problems.push(...portsTwice(file, name, entry));
  return problems;
}

/** A port of a lineage is looked at in one way. */
function portsTwice(file: string, lineage: string, entry: unknown): readonly Finding[] {
  const { served } = mappingOf(entry);
  const ports = Array.isArray(served) ? served.map((service) => mappingOf(service)['port']) : [];
  return ports.flatMap((port, index) => {
    if (typeof port !== 'number' || ports.indexOf(port) === index) return [];
    const key = `certificates.lineages.${lineage}.served.${index}.port`;
    const expected = 'a port that is not in the list already';
    return [{ code: 'invalid-value' as const, file, key, expected, got: String(port) }];
  });
}

function mappingOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
