import { dirname, join } from 'node:path';
import { successOf, type Programs } from '../admin-programs.ts';
import { isUnreadable } from '../../base/errors.ts';
import { statOf, textOf } from '../../system/read-file.ts';
import { putFiles, type NewFile } from '../put-files.ts';
import { withLeft } from '../undo.ts';
import type { ChainName } from './ruleset.ts';

/** A file of our own, which the ruleset's file names. */
export const RULES_FILE = '/etc/nftables.d/certbot-ha.nft';
/** With a star, since nft does not mind then that there is no such file. */
export const INCLUDE = 'include "/etc/nftables.d/certbot-ha*.nft"';
/** What nftables.service loads: Debian's, and Red Hat's. */
const RULESETS = ['/etc/nftables.conf', '/etc/sysconfig/nftables.conf'];
const MODE = 0o644;

interface KeepOptions {
  readonly content: string;
  readonly chains: readonly ChainName[];
  readonly programs: Programs;
  /** below which the files are */
  readonly root: string;
}

/** Lets nftables.service load the rules whenever it loads the ruleset. Resolves to what was done, and what is left to do. */
export async function keepRules({
  content,
  chains,
  programs,
  root,
}: KeepOptions): Promise<readonly string[]> {
  const rules: NewFile = { file: join(root, RULES_FILE), content, mode: MODE, gid: null };
  const written = await putFiles([rules], { isForced: true });
  const left = (why: string) => [
    ...written.lines,
    `NOT KEPT over a reboot or a reload: ${why}`,
    `  add this line to the end of what loads your ruleset: ${INCLUDE}`,
  ];
  const file = await rulesetFile(root);
  if (file === null) return left(`there is none of ${RULESETS.join(' and ')}`);
  const text = await textOf(file).catch((error: unknown) => {
    if (isUnreadable(error)) return null;
    throw error;
  });
  const stat = await statOf(file);
  if (text === null || stat === null || !stat.isFile()) return left(`${file} is no plain file`);
  const absent = chains.find(({ chain }) => !new RegExp(String.raw`\bchain\s[^{]*\b${chain}\b`).test(text));
  if (absent !== undefined && !/^\s*include\s/m.test(text))
    return left(`${file} has no chain ${absent.chain}`);
  const included = isIncluded(text) ? [`already there: the line in ${file} that includes it`] : [];
  try {
    if (included.length === 0) {
      const tested = ['nft', '--check', '--file', file];
      // What is wrong with it is not to be put down to what we add.
      const before = await programs.ask(tested);
      if (before.code !== 0) return left(`nft --check refuses ${file} as it is`);
      const put = {
        file,
        content: `${text.trimEnd()}\n${INCLUDE}\n`,
        mode: stat.mode & 0o7777,
        gid: stat.gid,
      };
      const added = await putFiles([put], { isForced: true });
      included.push(...added.lines);
      try {
        successOf(tested, await programs.ask(tested));
      } catch (error) {
        throw withLeft(error, await added.undo());
      }
    }
  } catch (error) {
    throw withLeft(error, await written.undo());
  }
  const isEnabled = (await programs.ask(['systemctl', 'is-enabled', 'nftables.service'])).code === 0;
  const service = isEnabled
    ? 'kept: nftables.service loads it with your ruleset'
    : `NOT KEPT over a reboot: nftables.service is not enabled, and nothing else that loads ${file} is known`;
  return [...written.lines, ...included, service];
}

async function rulesetFile(root: string): Promise<string | null> {
  for (const name of RULESETS) {
    const file = join(root, name);
    if ((await statOf(file)) !== null) return file;
  }
  return null;
}

/** By our own line, or by one for all files in there. */
function isIncluded(text: string): boolean {
  const pattern = new RegExp(
    String.raw`^\s*include\s+"${dirname(RULES_FILE)}/(?:certbot-ha\*?|\*)\.nft"`,
    'm',
  );
  return pattern.test(text);
}
