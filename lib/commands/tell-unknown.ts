import { CertbotHaError, findingsOf } from '../base/errors.ts';
import { isSystemError } from '../base/expected.ts';
import { lineOf, linesOf } from '../findings/words.ts';
import { plain, type PluginState } from '../status/plugin.ts';

/** What keeps a monitoring plugin from an answer, as one: all of it on stdout, and 3. */
export function tellUnknown(error: unknown, out: (line: string) => void): PluginState {
  const isBug = !(error instanceof CertbotHaError || isSystemError(error));
  const [first, ...more] = findingsOf(error);
  const hint = error instanceof CertbotHaError ? error.hint : undefined;
  const stack = isBug && error instanceof Error ? (error.stack ?? '').split('\n').slice(1) : [];
  const below = [...linesOf(first).slice(1), ...more.flatMap(linesOf), ...(hint ? [hint] : []), ...stack];
  out(plain(`UNKNOWN - ${isBug ? 'this is a bug in certbot-ha: ' : ''}${lineOf(first)}`));
  for (const line of below) out(plain(`  ${line.trim()}`));
  return 3;
}
