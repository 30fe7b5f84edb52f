import { join } from 'node:path';
import { CertbotHaError } from '../../base/errors.ts';
import { answerOf, type Programs } from '../admin-programs.ts';
import { byHand } from './iptables.ts';
import { droppersIn, type Droppers } from './droppers.ts';
import { chainsAtBoot, forgetRules, hasRulesFile } from './at-boot.ts';
import { contentFor, INCLUDE, keepRules, RULES_FILE } from './keep-nft.ts';
import { changesFor, markedIn, unionOf } from './nft-rules.ts';
import { readRuleset, type ChainName, type Ruleset } from './ruleset.ts';
import type { Access } from './sources.ts';

const LIST = ['nft', '--json', 'list', 'ruleset'];
/** As Debian has it. */
const USUAL: ChainName = { family: 'inet', table: 'filter', chain: 'input' };

/** What the running ruleset has. */
export interface NftSeen {
  readonly droppers: Droppers;
  /** the chains that rules of ours belong to: those that drop, and those that have some from before */
  readonly chains: readonly ChainName[];
  readonly ruleset: Ruleset;
}

/** Null where there is no nft. @throws {CertbotHaError} `failed` where the ruleset is not to be seen */
export async function nftSeen({ port }: Access, programs: Programs): Promise<NftSeen | null> {
  const json = await answerOf(LIST, programs);
  return json === null ? null : seenIn(json, port);
}

function seenIn(json: string, port: number): NftSeen {
  const ruleset = readRuleset(json);
  const droppers = droppersIn(ruleset, port);
  return { droppers, chains: unionOf(droppers.own, markedIn(ruleset)), ruleset };
}

/** The file that nft takes, and what to do with it. */
export async function showNftables(access: Access, programs: Programs): Promise<readonly string[]> {
  const { code, stdout } = await programs.ask(LIST);
  const chains = code === 0 ? seenIn(stdout, access.port).chains : [];
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
    '# not decided: whether a rule by interface, set or address lets the other nodes in already: nft list ruleset',
    `# this is for ${RULES_FILE}, and at the end of the file that nftables.service loads, if that defines the chain:`,
    `#   ${INCLUDE}`,
    '# certbot-ha snippet nftables --write does both, and puts the rules into the running ruleset',
  ];
}

/**
 * Puts the rules before all others into every chain that drops or has had some, and keeps them. Where there is no other node, takes all
 * of them away.
 * @param out tells what was done and what is left
 * @throws {CertbotHaError} `failed` where nft refuses, and, once all is done, where they are not kept
 */
export async function putNftables(
  access: Access,
  programs: Programs,
  { root, out }: { readonly root: string; readonly out: (line: string) => void },
): Promise<void> {
  const json = await answerOf(LIST, programs);
  const seen = seenIn(json ?? '{}', access.port);
  const isNone = access.sources.length === 0;
  const running = isNone ? markedIn(seen.ruleset) : seen.chains;
  if (!isNone && running.length === 0 && seen.droppers.ofIptables.length > 0) throw byHand();
  const isLeft = running.length === 0 && (await hasRulesFile(root));
  if (running.length === 0 && !isLeft) {
    out(isNone ? NONE_LEFT : NOTHING_TO_OPEN);
    return;
  }
  const { commands, lines } = changesFor(seen.ruleset, running, access);
  if (commands.length > 0) await programs.tell(['nft', commands.join('; ')]);
  for (const line of lines) out(line);
  const found = isLeft && !isNone ? await chainsAtBoot(access.port, { programs, root }) : { value: running };
  if ('why' in found) {
    out(`left as it is: ${join(root, RULES_FILE)}: which chains drop at boot is not known: ${found.why}`);
    return;
  }
  const chains = found.value;
  const hasNoPlace = isNone || chains.length === 0;
  const kept = hasNoPlace
    ? { lines: await forgetRules({ programs, root }), notKept: [] }
    : await keepRules({ access, chains, programs, root });
  for (const line of kept.lines) out(line);
  if (kept.notKept.length === 0) return;
  const hint = 'the lines above say what to put where';
  throw new CertbotHaError('failed', { code: 'firewall-not-kept', chains: kept.notKept }, { hint });
}

const NONE_LEFT = 'nftables: no rule has the comment certbot-ha: nothing was changed';
const NOTHING_TO_OPEN =
  'nftables: no chain for incoming packets drops or rejects whatever comes to the port: nothing was changed. Not decided: rules that drop by address, set or interface: nft list ruleset';
