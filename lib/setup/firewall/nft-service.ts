import type { Programs } from '../admin-programs.ts';
import { readRuleset, type ChainName, type Ruleset } from './ruleset.ts';

/** What is found, or why it is not. */
export type Found<T> = { readonly value: T } | { readonly why: string };

const SHOW = ['systemctl', 'show', '-p', 'ExecStart', '-p', 'UnitFileState', 'nftables.service'];
const EXEC_START = /^ExecStart=\{ path=\S*\/nft ; argv\[\]=\S+ (?:-f|--file) (\/\S+) ; /gm;
const LOAD = 'nft --file "$1" && nft --json list ruleset';

/** The one file that nftables.service loads at boot. */
export async function fileOfService({ ask }: Programs): Promise<Found<string>> {
  const { code, stdout } = await ask(SHOW);
  if (code !== 0) return { why: 'systemctl does not tell what nftables.service loads' };
  const starts = stdout.match(/^ExecStart=/gm)?.length ?? 0;
  const [found, more] = [...stdout.matchAll(EXEC_START)];
  const file = found?.[1];
  if (file === undefined || more !== undefined || starts !== 1)
    return { why: 'nftables.service does not load one file alone' };
  const isEnabled = /^UnitFileState=enabled$/m.test(stdout);
  return isEnabled ? { value: file } : { why: 'nftables.service is not enabled' };
}

/** What a file for nft makes of an empty ruleset: in a network of its own, so that this host's stays as it is. */
export async function loadedFrom(file: string, { ask }: Programs): Promise<Found<Ruleset>> {
  const checked = await ask(['nft', '--check', '--file', file]);
  if (checked.code !== 0) return { why: `nft --check refuses ${file}${firstLine(checked.stderr)}` };
  const loaded = await ask(['unshare', '--net', 'sh', '-c', LOAD, 'sh', file]);
  if (loaded.code !== 0)
    return { why: `${file} cannot be tried in a network of its own${firstLine(loaded.stderr)}` };
  return { value: readRuleset(loaded.stdout) };
}

function firstLine(said: string): string {
  const [line = ''] = said.trim().split('\n');
  return line === '' ? '' : ` (${line})`;
}

/** Whether the ruleset itself has the chain, and that one sees what comes in. */
export function isDefined({ chains }: Ruleset, { family, table, chain }: ChainName): boolean {
  return chains.some(
    (one) =>
      one.family === family &&
      one.table === table &&
      one.name === chain &&
      one.hook === 'input' &&
      one.type === 'filter',
  );
}
