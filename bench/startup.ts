import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { debianTree } from '../test/lab/debian.ts';
import { CLONE } from '../test/lab/dist.ts';
import { ratio, type Figure } from './figure.ts';
import { standaloneHome } from './standalone.ts';

const ROUNDS = 25;
const DEBIANS = ['trixie', 'forky'];

/** What is started often, to the error that its environment lacks, or to its end. */
const STARTED: Readonly<Record<string, string>> = {
  'auth hook': 'hooks/auth.js',
  'deploy hook': 'hooks/deploy.js',
  'certbot-ha --version': 'cli.js --version',
  'certbot-ha status --help': 'cli.js status --help',
};

/** In turns, in a bare environment: milliseconds of CPU, which other programs that are at work change less than the time that passes. */
const MEASURE = `
TIMEFORMAT='%U %S'
start() { { time env -i PATH=/usr/bin:/bin "\${@:2}" >/dev/null 2>&1 || true; } 2>&1 | sed "s/^/$1 /"; }
cp -R /mnt /tmp/plain && rm -rf /tmp/plain/compiled
cp -R /tmp/plain /tmp/dist && /media/bin/node /tmp/dist/compile.js
for ((round = 0; round < $0; round += 1)); do
  start own /usr/bin/node /tmp/plain/$1
  start brought /media/bin/node /tmp/plain/$1
  start compiled /media/bin/node /tmp/dist/$1
done
`;

/** The file tree of a Debian with what is built, the Node.js that certbot-ha-standalone brings, and a /tmp that is gone afterwards. */
const ENTER = `
mount --bind "$1" "$0/mnt"; mount --bind "$2" "$0/media"; mount -t proc proc "$0/proc"; mount -t tmpfs tmpfs "$0/tmp"
exec chroot "$0" bash -c "$3" "$4" "$5"
`;

/**
 * Each start with the Node.js that certbot-ha-standalone brings, over the same with the distribution's, which certbot-ha uses; and what is
 * compiled ahead over the same without.
 */
export async function measureStartup(): Promise<readonly Figure[]> {
  const home = standaloneHome();
  const figures: Figure[] = [];
  for (const debian of DEBIANS) {
    const tree = await debianTree(debian);
    const version = execFileSync('chroot', [tree, 'node', '--version'], { encoding: 'utf8' }).trim();
    for (const [what, words] of Object.entries(STARTED)) {
      const inputs = [tree, join(CLONE, 'dist'), home, MEASURE, `${ROUNDS}`, words];
      const said = execFileSync('unshare', ['--mount', 'bash', '-euc', ENTER, ...inputs], {
        encoding: 'utf8',
      });
      const own = timesOf(said, 'own');
      const brought = timesOf(said, 'brought');
      figures.push(ratio(`${what}: standalone / ${debian}'s Node.js ${version}, CPU`, brought, own));
      if (debian === DEBIANS[0] && !words.startsWith('cli.js'))
        figures.push(ratio(`${what}: standalone, compiled ahead / not`, timesOf(said, 'compiled'), brought));
    }
  }
  return figures;
}

function timesOf(said: string, kind: string): readonly number[] {
  return [...said.matchAll(new RegExp(`^${kind} (\\S+) (\\S+)$`, 'gm'))].map(
    ([, user, system]) => 1000 * (Number(user) + Number(system)),
  );
}
