import type { Area } from './area.ts';

type Stamps = Readonly<Record<'lineage' | 'stamp' | 'here', string>>;

/** What an installer reports of a bundle, and its sender of the installer. */
export const INSTALLER = {
  'older-than-installed': ({ lineage, stamp, here }: Stamps) =>
    `${lineage}: older than what is installed: issued ${stamp}, the installed one ${here}`,
  'stamp-ahead': ({ lineage, stamp, here }: Stamps) => [
    `${lineage}: issued ${stamp} by the clock of the node it comes from, but it is ${here} here`,
    'one of the two clocks is wrong by more than a day: date -u on both',
    'when both are right, run certbot-ha sync on the node that issued it',
  ],
  'issued-meanwhile': ({ lineage }: { readonly lineage: string }) => [
    `${lineage}: certbot has issued a newer generation on this node than the one that arrived`,
    'its deploy hook, or certbot-ha sync here, brings it to every node',
  ],
  'deleted-meanwhile': ({ lineage }: { readonly lineage: string }) =>
    `${lineage}: deleted on this node while its installer was at work: not restored`,
  'not-shared': ({ lineage, from }: Readonly<Record<'lineage' | 'from', string>>) =>
    `${lineage}: comes from ${from}, and certificates.mode is per-node on this node: nothing is installed`,
  'journal-damaged': ({ file, why, lineage }: Readonly<Record<'file' | 'why' | 'lineage', string>>) => [
    `${file}: damaged: ${why}`,
    `it is not known how far an installation of ${lineage} got`,
    `check where the links in live/${lineage} lead and that the web server's test passes; then remove this file`,
  ],
  'not-a-journal-entry': ({ file }: { readonly file: string }) => [
    `${file}: not an entry of the journal`,
    'no lineage has such a name, so nothing has begun: remove it',
  ],
  'installer-was-interrupted': () => 'the installer was interrupted',
  'installer-out-of-time': ({ seconds }: { readonly seconds: number }) =>
    `the web server's test was not begun, or was cut off: ${seconds} s were over with the tests of what has arrived together`,
  'previous-restored': () => 'the previous certificate is restored, and the test passes with it',
  'previous-fails-too': () => 'the previous certificate is restored, but the test fails with it as well',
  'test-failed-before': ({ said }: { readonly said: readonly string[] }) => [
    'the test failed before as well: the new certificate is in place, and in use once the test passes',
    ...said.map((line) => `before: ${line}`),
  ],
  'more-findings': ({ count }: { readonly count: number }) => `and ${count} more`,
  'installer-refused': () => 'installer refused',
  'installer-rolled-back': () => 'installer rolled back',
  'installer-did-not-reload': () => 'installer did not reload the web server',
  'installer-failed': () => 'installer failed',
  'installer-silent': () => 'its installer has not answered: is certbot-ha-installer.path active there?',
  'not-taken-yet': () => 'the bundle has not been taken yet: does certbot-ha-installer --watch run there?',
  'installation-unconfirmed': () => "staged and activated, but its installer's answer cannot be read",
  'installer-left-no-answer': () =>
    'its installer has left no answer: see journalctl -u certbot-ha-installer there',
  'answer-not-installers': () =>
    'inbox/results there: expected the answer of its installer, got something else',
} satisfies Area;
