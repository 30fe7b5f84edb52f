import { VERSION } from '../../base/version.ts';
import type { ClusterNode, Config } from '../../cluster/config.ts';
import { digestOf } from '../../cluster/digest.ts';
import { shellWord } from '../../findings/area.ts';
import { byHand, typed, typedIf, type Step } from '../../findings/step.ts';
import { bracketed } from '../../net/address.ts';
import { counted } from '../../base/counted.ts';
import { complaint, judged, skipped, type Check } from '../check.ts';
import type { Told } from '../agents-told.ts';
import { RELOAD } from '../next.ts';

/** Every agent works by the configuration that this node's file has now, and is of the same version. */
export const alike: Check = {
  name: 'same configuration',
  run: async ({ cluster: { config }, agents }) => {
    const told = (await agents())?.filter(({ answer }) => answer.isOk) ?? [];
    if (told.length === 0) return skipped('no agent answers');
    const own = digestOf(config);
    const usual = mostUsed([own, ...told.filter(({ isSelf }) => !isSelf).map(digestIn)]);
    const complaints = told.flatMap((one) => {
      const { node, isSelf, answer } = one;
      if (!answer.isOk) return [];
      const { version } = answer.body;
      // Two versions may read one file differently.
      if (version !== VERSION)
        return [complaint('warn', { code: 'version-differs', version, here: VERSION }, { on: node })];
      const configuration = digestIn(one);
      if (configuration === null || configuration === own) return [];
      const code = isSelf ? 'configuration-not-loaded' : 'configuration-differs';
      const next = isSelf
        ? {}
        : { next: stepsFor(config, node, { isOwn: usual === own, isTheirs: usual === configuration }) };
      return [complaint('fail', { code, file: config.file }, { on: node, ...next })];
    });
    return judged(complaints, `${counted(told.length, 'agent')}, version ${VERSION}`);
  },
};

/** What an agent of this version works by; null where it does not tell, or is of another one. */
function digestIn({ answer }: Told): string | null {
  if (!answer.isOk || answer.body.version !== VERSION) return null;
  return answer.body.configuration ?? null;
}

/** The configuration of more than half of all nodes that tell of theirs; null: there is none. */
function mostUsed(digests: readonly (string | null)[]): string | null {
  const known = digests.filter((digest) => digest !== null);
  return known.find((one) => known.filter((other) => other === one).length > known.length / 2) ?? null;
}

/**
 * Whose file is the right one, nobody can say but by numbers: a copy is made of what is replaced, and of two files that differ neither is
 * copied. Where the files are the same, the agent there has not read its own again. One that names its own node stays on that node.
 */
function stepsFor(
  { file, self }: Pick<Config, 'file' | 'self'>,
  { name, address }: ClusterNode,
  { isOwn, isTheirs }: Readonly<Record<'isOwn' | 'isTheirs', boolean>>,
): readonly Step[] {
  const [here, before] = [shellWord(file), shellWord(`${file}.before`)];
  const [host, there] = [shellWord(`root@${address}`), shellWord(`root@${bracketed(address)}:${file}`)];
  const keep = `cp -p --backup=numbered ${here} ${before}`;
  // YAML may have the key in quotes. zsh with EXTENDED_GLOB takes a ^ without quotes for a pattern.
  const ofNone = `! grep -qE "^[^#]?self.*:" ${here}`;
  const compare = `ssh ${host} ${shellWord(`cat ${here}`)} | diff ${here} -`;
  const reload = `ssh ${host} ${RELOAD}`;
  if (isOwn && self === null) {
    const replace = `${ofNone} && { test ! -e ${here} || ${keep}; }`;
    const carry = `ssh ${host} ${shellWord(replace)} && scp -p ${here} ${there}`;
    return typed(`${compare} || { ${carry}; } && ${reload}`);
  }
  const take = `ssh ${host} ${shellWord(ofNone)} && ${keep} && scp -p ${there} ${here} && ${RELOAD}`;
  return [
    ...typed(`${compare} && ${reload}`),
    ...(isTheirs && self === null
      ? typedIf(`where they differ, most nodes have the file of ${name}; to take it`, take)
      : [
          ...byHand('where they differ, make them the same but for self'),
          ...typedIf('on the node where the file was changed', RELOAD),
        ]),
  ];
}
