import { join } from 'node:path';
import { isUnreadable } from '../../base/errors.ts';
import { statOf, textOf } from '../../system/read-file.ts';
import { writeWhole } from '../../system/write-file.ts';
import type { Programs } from '../admin-programs.ts';
import { putFiles, type Written } from '../put-files.ts';
import { takeBack, withLeft, type Step } from '../undo.ts';
import { changesFor, linesFor, placeOf } from './nft-rules.ts';
import { fileOfService, isDefined, loadedFrom } from './nft-service.ts';
import type { ChainName } from './ruleset.ts';
import { comments, OURS, type Access } from './sources.ts';

/** A file of our own, which the ruleset's file names. */
export const RULES_FILE = '/etc/nftables.d/certbot-ha.nft';
/** With a star, since nft does not mind then that there is no such file. */
export const INCLUDE = 'include "/etc/nftables.d/certbot-ha*.nft"';
const MODE = 0o644;

interface KeepOptions {
  readonly access: Access;
  readonly chains: readonly ChainName[];
  readonly programs: Programs;
  /** below which the files are */
  readonly root: string;
}

export interface Kept {
  /** what was done, and what is left to do */
  readonly lines: readonly string[];
  /** the chains whose rules are gone after a reboot */
  readonly notKept: readonly string[];
}

/**
 * Lets nftables.service load the rules whenever it loads the ruleset. Only where the file that it loads defines the chain itself, and
 * the rules are seen to be in it once it is loaded: else nothing is written, since a ruleset that does not load leaves a host open.
 */
export async function keepRules(options: KeepOptions): Promise<Kept> {
  const { chains, programs, root } = options;
  const service = await fileOfService(programs);
  if ('why' in service) return notKept(service.why, chains, options);
  const file = join(root, service.value);
  const text = (await statOf(file))?.isFile() === true ? await readable(file) : null;
  if (text === null || text.includes('\uFFFD'))
    return notKept(`${file} is no plain file in UTF-8`, chains, options);
  const old = await readable(join(root, RULES_FILE));
  if (old !== null && !old.startsWith(OURS))
    return notKept(`${join(root, RULES_FILE)} is not as certbot-ha writes it`, chains, options);
  const before = await loadedFrom(file, programs);
  if ('why' in before) return notKept(before.why, chains, options);
  const own = chains.filter((chain) => isDefined(before.value, chain));
  const others = chains.filter((chain) => !isDefined(before.value, chain));
  const left = others.length === 0 ? NONE : notKept(`${file} does not define the chain`, others, options);
  const kept = own.length === 0 ? NONE : await write({ ...options, chains: own }, { file, text, old });
  return { lines: [...kept.lines, ...left.lines], notKept: [...kept.notKept, ...left.notKept] };
}

const NONE: Kept = { lines: [], notKept: [] };

interface Ruled {
  readonly file: string;
  readonly text: string;
  /** what our own file has now; null: there is none */
  readonly old: string | null;
}

async function write(options: KeepOptions, { file, text, old }: Ruled): Promise<Kept> {
  const { access, chains, programs, root } = options;
  const rules = join(root, RULES_FILE);
  const content = contentFor(chains, access);
  const stat = await statOf(file);
  const steps: Step[] = [];
  const lines = [`${old === content ? 'already there' : 'written'}: ${rules}`];
  let why: string | null;
  try {
    if (old !== content) await writeRules(rules, content, { old, steps });
    if (text.split('\n').includes(INCLUDE)) {
      lines.push(`already there: the line in ${file} that includes it`);
    } else {
      const added = `${text}${text.endsWith('\n') || text === '' ? '' : '\n'}${INCLUDE}\n`;
      const put = { file, content: added, mode: (stat?.mode ?? MODE) & 0o7777, gid: stat?.gid ?? null };
      const written = await putFiles([put], { isForced: true });
      steps.push({ file, undo: async () => await undone(written) });
      lines.push(...written.lines);
    }
    const after = await loadedFrom(file, programs);
    why = 'why' in after ? after.why : null;
    const isThere =
      'value' in after &&
      chains.every((chain) => isDefined(after.value, chain)) &&
      changesFor(after.value, chains, access).commands.length === 0;
    if (isThere) return { lines: [...lines, `kept: nftables.service loads it with ${file}`], notKept: [] };
  } catch (error) {
    throw withLeft(error, await takeBack(steps));
  }
  const left = await takeBack(steps);
  if (left.length > 0) throw withLeft(new Error(why ?? file), left);
  return notKept(why ?? `with our rules, ${file} makes another ruleset than it should`, chains, options);
}

async function undone({ undo }: Written): Promise<void> {
  const left = await undo();
  if (left.length > 0) throw withLeft(new Error('not undone'), left);
}

/** Without a copy beside it, which an `include` of the whole directory would load too. */
async function writeRules(
  file: string,
  content: string,
  { old, steps }: { readonly old: string | null; readonly steps: Step[] },
): Promise<void> {
  if (old === null) {
    const written = await putFiles([{ file, content, mode: MODE, gid: null }], { isForced: false });
    steps.push({ file, undo: async () => await undone(written) });
    return;
  }
  await writeWhole(file, content, { mode: MODE });
  steps.push({ file, undo: async () => await writeWhole(file, old, { mode: MODE }) });
}

/** The file that nft takes. */
export function contentFor(chains: readonly ChainName[], access: Access): string {
  return `${[...comments(access), ...linesFor(chains, access)].join('\n')}\n`;
}

function notKept(why: string, chains: readonly ChainName[], { access }: KeepOptions): Kept {
  const places = chains.map(placeOf);
  return {
    lines: [
      `NOT KEPT over a reboot or a reload: ${places.join(', ')}: ${why}`,
      '  put these lines for nft after the definition of the chain, into what loads it at boot:',
      ...linesFor(chains, access).map((line) => `    ${line}`),
    ],
    notKept: places,
  };
}

/** Null where it is not there, or cannot be read. */
async function readable(file: string): Promise<string | null> {
  return await textOf(file).catch((error: unknown) => {
    if (isUnreadable(error)) return null;
    throw error;
  });
}
