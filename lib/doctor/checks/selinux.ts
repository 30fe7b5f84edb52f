import { dirname, join } from 'node:path';
import { TOKENS_BELOW_WEBROOT } from '../../challenge/challenge.ts';
import { shellWord } from '../../findings/area.ts';
import { typed } from '../../findings/step.ts';
import { withAdminPath } from '../../system/admin-path.ts';
import { endOf } from '../../system/ended.ts';
import { orNone, textOf } from '../../system/read-file.ts';
import { SELINUX_ENFORCE } from '../../system/selinux.ts';
import { complaint, judged, skipped, type Check } from '../check.ts';

const TIMEOUT_MS = 5_000;
const MAX_CHARS = 1_048_576;

/** Of policycoreutils since 2.6, and before. */
const WOULD = [
  /^Would relabel (?<path>.*) from (?<label>\S+) to (?<policy>\S+)$/,
  /^restorecon reset (?<path>.*) context (?<label>\S+)->(?<policy>\S+)$/,
] as const;

/**
 * What the web server reads on its way to the tokens, from the webroot on, and what lies in the state directory have the labels of the
 * policy. Those of other types may be as good: it works until something is denied.
 */
export const selinux: Check = selinuxBy(SELINUX_ENFORCE);

/** @param file what tells whether SELinux enforces */
export function selinuxBy(file: string): Check {
  return {
    name: 'selinux',
    needsWebroot: true,
    run: async ({ cluster: { config, self }, run, env, signal }) => {
      const mode = await orNone(textOf(file), null);
      if (mode === null) return skipped('no SELinux on this node');
      if (mode.trim() !== '1') return skipped('SELinux does not enforce on this node');
      const tokens = join(self.webroot, TOKENS_BELOW_WEBROOT);
      // What else lies in a webroot is somebody else's.
      const places: Places = { above: [self.webroot, dirname(tokens)], below: [tokens, config.stateDir] };
      const limits = { timeoutMs: TIMEOUT_MS, maxChars: MAX_CHARS, signal, env: withAdminPath(env) };
      const said = await Promise.all(
        // Changes nothing, and passes over what is not there.
        [places.above, ['-R', ...places.below]].map(async (rest) => {
          const argv = ['restorecon', '-n', '-v', '-i', ...rest];
          return { argv, result: await run(argv, limits) };
        }),
      );
      const all = said.flatMap(({ result }) => differingIn(`${result.stdout}\n${result.stderr}`));
      const [first] = all;
      if (first !== undefined) {
        const found = { code: 'label-differs', ...first, count: all.length } as const;
        return judged([complaint('warn', found, { next: typed(restoring(all, places)) })], '');
      }
      const failed = said.find(({ result }) => result.code !== 0);
      if (failed !== undefined) return skipped(`restorecon: ${endOf(failed.argv, failed.result).end}`);
      return judged(
        [],
        `the labels of ${places.below.join(', ')} and of what is above the tokens are those of the policy`,
      );
    },
  };
}

interface Places {
  /** looked at for themselves */
  readonly above: readonly string[];
  /** with all that is in them */
  readonly below: readonly string[];
}

type Differing = Readonly<Record<'path' | 'label' | 'policy', string>>;

/** What labels these, and nothing else. */
function restoring(all: readonly Differing[], { above, below }: Places): string {
  const isIn = (place: string) => all.some(({ path }) => path === place || path.startsWith(`${place}/`));
  const alone = above.filter((place) => all.some(({ path }) => path === place));
  const whole = below.filter(isIn);
  return [
    ...(alone.length > 0 ? [['restorecon', '-v', ...alone]] : []),
    ...(whole.length > 0 ? [['restorecon', '-v', '-R', ...whole]] : []),
  ]
    .map((argv) => argv.map(shellWord).join(' '))
    .join('; ');
}

function differingIn(text: string): readonly Differing[] {
  return text.split('\n').flatMap((line) => {
    const { path, label, policy } =
      WOULD.map((one) => one.exec(line)).find((one) => one !== null)?.groups ?? {};
    return path !== undefined && label !== undefined && policy !== undefined ? [{ path, label, policy }] : [];
  });
}
