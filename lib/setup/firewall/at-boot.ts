import { join } from 'node:path';
import { isUnreadable } from '../../base/errors.ts';
import { textOf } from '../../system/read-file.ts';
import { removeIfThere } from '../../system/write-file.ts';
import type { Programs } from '../admin-programs.ts';
import { INCLUDE, RULES_FILE } from './keep-nft.ts';
import { droppersIn } from './droppers.ts';
import { markedIn, placeOf, unionOf } from './nft-rules.ts';
import { fileOfService, loadedFrom } from './nft-service.ts';
import type { ChainName, Ruleset } from './ruleset.ts';
import { OURS } from './sources.ts';

interface BootOptions {
  readonly programs: Programs;
  /** below which the files are */
  readonly root: string;
}

/** Whether the file of our rules is there, as an earlier run has written it. */
export async function hasRulesFile(root: string): Promise<boolean> {
  const text = await textOf(join(root, RULES_FILE)).catch((error: unknown) => {
    if (isUnreadable(error)) return null;
    throw error;
  });
  return text?.startsWith(OURS) === true;
}

/** The chains that have our rules at the next boot, or drop then; none where that cannot be tried. */
export async function chainsAtBoot(port: number, options: BootOptions): Promise<readonly ChainName[]> {
  const { value: ruleset } = await loadedAtBoot(options);
  return ruleset === null ? [] : unionOf(droppersIn(ruleset, port).own, markedIn(ruleset));
}

/** Removes the file of our rules, so that they do not come back; tells what else loads some. */
export async function forgetRules(options: BootOptions): Promise<readonly string[]> {
  const lines: string[] = [];
  const rules = join(options.root, RULES_FILE);
  if (await hasRulesFile(options.root)) {
    await removeIfThere(rules);
    lines.push(`removed: ${rules}`, `  a line that includes it loads nothing now, and may stay: ${INCLUDE}`);
  }
  const { file, value: ruleset } = await loadedAtBoot(options);
  const places = ruleset === null ? [] : markedIn(ruleset).map(placeOf);
  if (places.length > 0) {
    lines.push(
      `left: ${file} has rules with the comment certbot-ha for ${places.join(', ')}: remove them there, or they are back after a reboot`,
    );
  }
  return lines;
}

async function loadedAtBoot({
  programs,
  root,
}: BootOptions): Promise<{ readonly file: string; readonly value: Ruleset | null }> {
  const service = await fileOfService(programs);
  if ('why' in service) return { file: '', value: null };
  const file = join(root, service.value);
  const loaded = await loadedFrom(file, programs);
  return { file, value: 'value' in loaded ? loaded.value : null };
}
