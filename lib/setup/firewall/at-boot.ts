import { join } from 'node:path';
import { isUnreadable } from '../../base/errors.ts';
import { textOf } from '../../system/read-file.ts';
import { removeIfThere } from '../../system/write-file.ts';
import type { Programs } from '../admin-programs.ts';
import { INCLUDE, RULES_FILE } from './keep-nft.ts';
import { droppersIn } from './droppers.ts';
import { markedIn, placeOf, unionOf } from './nft-rules.ts';
import { fileOfService, loadedFrom, type Found } from './nft-service.ts';
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

/** The chains that have our rules at the next boot, or drop then; or why that cannot be tried. */
export async function chainsAtBoot(port: number, options: BootOptions): Promise<Found<readonly ChainName[]>> {
  const loaded = await loadedAtBoot(options);
  if ('why' in loaded) return loaded;
  const { ruleset } = loaded.value;
  return { value: unionOf(droppersIn(ruleset, port).own, markedIn(ruleset)) };
}

/** Removes the file of our rules, so that they do not come back; tells what else loads some. */
export async function forgetRules(options: BootOptions): Promise<readonly string[]> {
  const lines: string[] = [];
  const rules = join(options.root, RULES_FILE);
  if (await hasRulesFile(options.root)) {
    await removeIfThere(rules);
    lines.push(`removed: ${rules}`, `  a line that includes it loads nothing now, and may stay: ${INCLUDE}`);
  }
  const loaded = await loadedAtBoot(options);
  const places = 'why' in loaded ? [] : markedIn(loaded.value.ruleset).map(placeOf);
  if ('value' in loaded && places.length > 0) {
    lines.push(
      `left: ${loaded.value.file} has rules with the comment certbot-ha for ${places.join(', ')}: remove them there, or they are back after a reboot`,
    );
  }
  return lines;
}

async function loadedAtBoot({
  programs,
  root,
}: BootOptions): Promise<Found<{ readonly file: string; readonly ruleset: Ruleset }>> {
  const service = await fileOfService(programs);
  if ('why' in service) return service;
  const file = join(root, service.value);
  const loaded = await loadedFrom(file, programs);
  return 'why' in loaded ? loaded : { value: { file, ruleset: loaded.value } };
}
