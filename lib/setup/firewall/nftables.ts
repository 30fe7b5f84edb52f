import { answerOf, type Programs } from '../admin-programs.ts';
import { droppersIn, type Droppers } from './droppers.ts';
import { INCLUDE, keepRules, RULES_FILE } from './keep-nft.ts';
import { changesFor, linesFor } from './nft-rules.ts';
import { readRuleset, type ChainName } from './ruleset.ts';
import { comments, type Access } from './sources.ts';

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
    ...fileLines(chains.length > 0 ? chains : [USUAL], access),
    '',
    ...(chains.length > 0 ? [] : [note]),
    `# this is for ${RULES_FILE}, and at the end of /etc/nftables.conf:`,
    `#   ${INCLUDE}`,
    '# certbot-ha snippet nftables --write does both, and puts the rules into the running ruleset',
  ];
}

function fileLines(chains: readonly ChainName[], access: Access): readonly string[] {
  return [...comments(access), ...linesFor(chains, access)];
}

/**
 * Puts the rules before all others into every chain that drops, and keeps them.
 * @param out tells what was done and what is left
 * @throws {CertbotHaError} `failed` where nft refuses
 */
export async function putNftables(
  access: Access,
  programs: Programs,
  { root, out }: { readonly root: string; readonly out: (line: string) => void },
): Promise<void> {
  const json = await answerOf(LIST, programs);
  const ruleset = readRuleset(json ?? '{}');
  const chains = droppersIn(ruleset, access.port).own;
  if (chains.length === 0) {
    out('nftables: no chain for incoming packets drops or rejects: nothing to open, nothing was changed');
    return;
  }
  const { commands, lines } = changesFor(ruleset, chains, access);
  if (commands.length > 0) await programs.tell(['nft', commands.join('; ')]);
  const content = `${fileLines(chains, access).join('\n')}\n`;
  for (const line of lines) out(line);
  for (const line of await keepRules({ content, chains, programs, root })) out(line);
}
