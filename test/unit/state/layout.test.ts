import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { BUNDLES, MARKERS, resultFile, RESULTS } from '../../../lib/inbox/layout.ts';
import { layoutOf } from '../../../lib/state/layout.ts';

const STATE_DIR = '/var/lib/certbot-ha';

/** The tree of docs/state-directory.md as paths, each with its parents' names before it. */
async function documented(): Promise<readonly string[]> {
  const text = await readFile('docs/state-directory.md', 'utf8');
  const tree = /```text\n([^]*?)```/.exec(text)?.[1] ?? '';
  const above: { depth: number; path: string }[] = [];
  return tree
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const depth = /^ */.exec(line)?.[0].length ?? 0;
      while ((above.at(-1)?.depth ?? -1) >= depth) above.pop();
      const parent = above.at(-1)?.path ?? '/';
      const names = /^ *([^\s,]+(?:, [^\s,]+)*)/.exec(line)?.[1]?.split(', ') ?? [];
      const paths = names.map((name) => join(parent, name).replace(/\/$/, ''));
      above.push({ depth, path: paths[0] ?? '' });
      return paths;
    });
}

test('the paths below stateDir are those of docs/state-directory.md, none more and none less', async () => {
  const {
    sharedOf,
    acceptedOf,
    deletedOf,
    installedOf,
    resultOf,
    journalOf,
    pendingOf,
    pendingRecordOf,
    rsyncOf,
    oldEventsOf,
    ...fixed
  } = layoutOf(STATE_DIR);
  const { delivery, dns, ...directories } = fixed;
  const named = [
    ...Object.values(directories),
    sharedOf('NODE'),
    join(fixed.requests, 'NODE'),
    dirname(acceptedOf('NAME')),
    acceptedOf('NAME'),
    deletedOf('NAME'),
    join(fixed.backup, 'deleted-NAME-TIME'),
    installedOf('NAME'),
    resultOf('ID'),
    journalOf('NAME'),
    pendingOf('TOKEN'),
    pendingRecordOf('VALUE'),
    `${rsyncOf(0).replace('0-', 'PID-')}XXX`,
    oldEventsOf(1).replace(/1$/, 'N'),
    `${delivery}.lock`,
    `${dns}.lock`,
    ...[BUNDLES, MARKERS, RESULTS, resultFile('ID'), 'thumbprint'].map((path) => join(fixed.inbox, path)),
  ];
  const inbox = new RegExp(`^${fixed.inbox}/(?:${BUNDLES}|${MARKERS})/`);
  const isOurs = (path: string) =>
    path.startsWith(`${STATE_DIR}/`) &&
    !inbox.test(path) && // inbox/stage writes these
    !/\.tmp$|\/KINDn\.pem$|\/refused-|\/\.ssh\//.test(path) && // by the writer, of a lineage, of anything, an operator's
    !/\/(?:pending|outstanding\.json|silent\.json|notified\.json|events\.jsonl|owed\.json)\.lock$/.test(path); // by the lock of what lies beside it
  expect((await documented()).filter(isOurs).toSorted()).toEqual(named.toSorted());
});
