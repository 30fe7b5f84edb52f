import { join } from 'node:path';
import { TOKENS_BELOW_WEBROOT } from '../../challenge/challenge.ts';
import type { FindingOf } from '../../findings/register.ts';
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

/** What lies in the webroot and the state directory has the labels of the policy. Those of other types may be as good: it works until something is denied. */
export const selinux: Check = selinuxBy(SELINUX_ENFORCE);

/** @param file what tells whether SELinux enforces */
export function selinuxBy(file: string): Check {
  return {
    name: 'selinux',
    run: async ({ cluster: { config, self }, run, env, signal }) => {
      const mode = await orNone(textOf(file), null);
      if (mode === null) return skipped('no SELinux on this node');
      if (mode.trim() !== '1') return skipped('SELinux does not enforce on this node');
      const directories = [join(self.webroot, TOKENS_BELOW_WEBROOT), config.stateDir];
      // Changes nothing, and passes over what is not there.
      const argv = ['restorecon', '-n', '-v', '-i', '-R', ...directories];
      const limits = { timeoutMs: TIMEOUT_MS, maxChars: MAX_CHARS, signal };
      const said = await run(argv, { ...limits, env: withAdminPath(env) });
      const found = differing(`${said.stdout}\n${said.stderr}`);
      if (found !== null) return judged([complaint('warn', found)], '');
      if (said.code !== 0) return skipped(`restorecon: ${endOf(argv, said).end}`);
      return judged([], `the labels of ${directories.join(' and ')} are those of the policy`);
    },
  };
}

function differing(text: string): FindingOf<'label-differs'> | null {
  const all = text.split('\n').flatMap((line) => {
    const { path, label, policy } =
      WOULD.map((one) => one.exec(line)).find((one) => one !== null)?.groups ?? {};
    return path !== undefined && label !== undefined && policy !== undefined ? [{ path, label, policy }] : [];
  });
  const [first] = all;
  return first === undefined ? null : { code: 'label-differs', ...first, count: all.length };
}
