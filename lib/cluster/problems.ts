import * as v from 'valibot';
import { normalAddress } from '../net/address.ts';
import { documentSchema, type ConfigDocument } from './schema.ts';

type Issue = v.BaseIssue<unknown>;

/** What the document says, or every problem in it, a line each with its path and what was expected. */
export function readDocument(
  value: unknown,
): { readonly document: ConfigDocument } | { readonly problems: readonly string[] } {
  const result = v.safeParse(documentSchema, value);
  const lines = (result.issues ?? []).map((issue) => lineOf(issue, value));
  const problems = [...lines, ...contradictions(result.output)];
  return result.success && problems.length === 0 ? { document: result.output } : { problems };
}

function lineOf(issue: Issue, root: unknown): string {
  const path = v.getDotPath(issue) ?? 'the file';
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return `${path}: unknown key`;
  }
  if (issue.type === 'strict_object' && issue.received === 'undefined' && issue.path) {
    return `${path}: missing${path === 'nodes' ? ': expected a mapping of node names to addresses' : ''}`;
  }
  if (root === undefined || root === null) return 'the file: expected a mapping of keys, got nothing';
  return `${path}: expected ${issue.message}, got ${JSON.stringify(issue.input)}`;
}

/** What no single key can tell: names that are missing, addresses that stand twice. A part that is wrong by itself is passed over. */
function contradictions(document: unknown): string[] {
  const problems: string[] = [];
  const { nodes, vips, self, certificates, gate } = mappingOf(document);
  const names = Object.keys(mappingOf(nodes));
  const known = `one of ${names.join(', ')}`;

  const places = new Map<string, string>();
  const claim = (address: unknown, place: string) => {
    if (typeof address !== 'string') return;
    const other = places.get(normalAddress(address));
    if (other === undefined) places.set(normalAddress(address), place);
    else
      problems.push(
        `${place}: expected an address of its own, got ${JSON.stringify(address)}, as ${other} has`,
      );
  };
  for (const [name, node] of Object.entries(mappingOf(nodes))) {
    claim(typeof node === 'string' ? node : mappingOf(node)['address'], `nodes.${name}`);
  }
  if (Array.isArray(vips)) vips.forEach((vip, index) => claim(vip, `vips.${index}`));

  if (names.length > 0 && typeof self === 'string' && !names.includes(self)) {
    problems.push(`self: expected ${known}, got ${JSON.stringify(self)}`);
  }
  const { issuer } = mappingOf(certificates);
  if (names.length > 0 && typeof issuer === 'string' && !['vip', 'any', ...names].includes(issuer)) {
    problems.push(`certificates.issuer: expected vip, any or ${known}, got ${JSON.stringify(issuer)}`);
  }
  if (mappingOf(gate)['require'] === 'vip' && Array.isArray(vips) && vips.length === 0) {
    problems.push('gate.require: expected all or available where vips is empty, got "vip"');
  }
  return problems;
}

function mappingOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
