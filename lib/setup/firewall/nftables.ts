import { CertbotHaError } from '../../base/errors.ts';
import { answerOf, type Programs } from '../admin-programs.ts';
import { byHand } from './iptables.ts';
import { droppersIn, type Droppers } from './droppers.ts';
import { contentFor, INCLUDE, keepRules, RULES_FILE } from './keep-nft.ts';
import { changesFor } from './nft-rules.ts';
import { readRuleset, type ChainName } from './ruleset.ts';
import type { Access } from './sources.ts';

const LIST = ['nft', '--json', 'list', 'ruleset'];
/** As Debian has it. */
const USUAL: ChainName = { family: 'inet', table: 'filter', chain: 'input' };

/** What of the running ruleset drops; null where there is no nft. @throws {CertbotHaError} `failed` where it is not to be seen */
export async function nftDroppers({ port }: Access, programs: Programs): Promise<Droppers | null> {
  const json = await answerOf(LIST, programs);
  return json === null ? null : droppersIn(readRuleset(json), port);
}

/** The file that nft takes, and what to do with it. */
export async function showNftables(access: Access, programs: Programs): Promise<readonly string[]> {
  const { code, stdout } = await programs.ask(LIST);
  const chains = code === 0 ? droppersIn(readRuleset(stdout), access.port).own : [];
  const note =
    code === 0
      ? '# no chain of this host for incoming packets drops or rejects: the chain is the usual one'
      : '# nft could not list the ruleset: the chain is the usual one, and yours may be another';
  return [
    ...contentFor(chains.length > 0 ? chains : [USUAL], access)
      .trimEnd()
      .split('\n'),
    '',
    ...(chains.length > 0 ? [] : [note]),
    `# this is for ${RULES_FILE}, and at the end of the file that nftables.service loads, if that defines the chain:`,
    `#   ${INCLUDE}`,
    '# certbot-ha snippet nftables --write does both, and puts the rules into the running ruleset',
  ];
}

/**
 * Puts the rules before all others into every chain that drops, and keeps them.
 * @param out tells what was done and what is left
 * @throws {CertbotHaError} `failed` where nft refuses, and, once all is done, where they are not kept
 */
export async function putNftables(
  access: Access,
  programs: Programs,
  { root, out }: { readonly root: string; readonly out: (line: string) => void },
): Promise<void> {
  const json = await answerOf(LIST, programs);
  const ruleset = readRuleset(json ?? '{}');
  const { own: chains, ofIptables } = droppersIn(ruleset, access.port);
  if (chains.length === 0 && ofIptables.length > 0) throw byHand();
  if (chains.length === 0) {
    out('nftables: no chain for incoming packets drops or rejects: nothing to open, nothing was changed');
    return;
  }
  const { commands, lines } = changesFor(ruleset, chains, access);
  if (commands.length > 0) await programs.tell(['nft', commands.join('; ')]);
  for (const line of lines) out(line);
  const kept = await keepRules({ access, chains, programs, root });
  for (const line of kept.lines) out(line);
  if (kept.notKept.length === 0) return;
  const hint = 'the lines above say what to put where';
  throw new CertbotHaError('failed', { code: 'firewall-not-kept', chains: kept.notKept }, { hint });
}
