import * as v from 'valibot';
import { normalAddress } from './address.ts';
import { documentSchema, type ConfigDocument } from './schema.ts';

type Issue = v.BaseIssue<unknown>;

/** What the document says, or every problem in it, a line each with its path and what was expected. */
export function readDocument(
  value: unknown,
): { readonly document: ConfigDocument } | { readonly problems: readonly string[] } {
  const result = v.safeParse(documentSchema, value);
  if (!result.success) return { problems: result.issues.map((issue) => lineOf(issue, value)) };
  const problems = contradictions(result.output);
  return problems.length > 0 ? { problems } : { document: result.output };
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

/** What no single key can tell: names that are missing, addresses that stand twice. */
function contradictions(document: ConfigDocument): string[] {
  const problems: string[] = [];
  const names = Object.keys(document.nodes);
  const known = `one of ${names.join(', ')}`;

  const places = new Map<string, string>();
  const claim = (address: string, place: string) => {
    const other = places.get(normalAddress(address));
    if (other === undefined) places.set(normalAddress(address), place);
    else
      problems.push(
        `${place}: expected an address of its own, got ${JSON.stringify(address)}, as ${other} has`,
      );
  };
  for (const [name, node] of Object.entries(document.nodes)) {
    claim(typeof node === 'string' ? node : node.address, `nodes.${name}`);
  }
  document.vips.forEach((vip, index) => claim(vip, `vips.${index}`));

  if (document.self !== null && !names.includes(document.self)) {
    problems.push(`self: expected ${known}, got ${JSON.stringify(document.self)}`);
  }
  const { issuer } = document.certificates;
  if (!['vip', 'any', ...names].includes(issuer)) {
    problems.push(`certificates.issuer: expected vip, any or ${known}, got ${JSON.stringify(issuer)}`);
  }
  if (document.gate.require === 'vip' && document.vips.length === 0) {
    problems.push('gate.require: expected all or available where vips is empty, got "vip"');
  }
  return problems;
}
