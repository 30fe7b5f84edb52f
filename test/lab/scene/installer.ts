import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import type { LabNode } from '../lab.ts';

export const UNIT = 'certbot-ha-installer.service';

/** `$1`: where markers come. Ends with the path of one in `$marker`, and the installer's process in `$pid`. */
const AWAIT_WORK = `until marker=$(echo "$1"/*) && [ -e "$marker" ]; do sleep 0.005; done
until pid=$(systemctl show --property=MainPID --value ${UNIT}) && [ "$pid" != 0 ]; do :; done`;

const MEASURE = `${AWAIT_WORK}
from=$(date +%s%N)
while [ -e "$marker" ]; do sleep 0.005; done
echo $((($(date +%s%N) - from) / 1000000))`;

/** Only the installer's process is killed. A marker that is there after that is one that it was at work for: whoever comes next has to start first. */
const KILL = `${AWAIT_WORK}
sleep "$2"
kill -KILL "$pid" 2>/dev/null && [ -e "$marker" ] && echo hit || echo missed`;

/** The installer is there already, and waits for the activation of what is staged. */
export async function installerWaits(node: LabNode): Promise<void> {
  const script = `pid=$(systemctl show --property=MainPID --value ${UNIT})
ls -l "/proc/$pid/fd" | grep --quiet inotify`;
  await eventually(async () => (await node.run(['sh', '-c', script])).code === 0, {
    timeoutMs: 30_000,
    what: `${node.name}: the installer to watch for markers`,
  });
}

/** How long the next installation takes when nobody disturbs it: from the marker's appearance to its disappearance. */
export async function workTakesMs(node: LabNode): Promise<number> {
  return Number(await node.check(['sh', '-c', MEASURE, 'measure', markersOf(node)]));
}

/**
 * SIGKILL to the next installer, so long after the marker has appeared. Resolves to whether it was hit
 * at work: the marker was still there when it was dead.
 */
export async function killAtWork(node: LabNode, afterMs = 0): Promise<boolean> {
  const seconds = (afterMs / 1000).toFixed(3);
  return (await node.check(['sh', '-c', KILL, 'kill', markersOf(node), seconds])).trim() === 'hit';
}

/** How many installers of the unit have been killed since then, as systemd has it. */
export async function installersKilled(node: LabNode, cursor: string): Promise<number> {
  await node.check(['journalctl', '--sync']);
  const argv = ['journalctl', `--unit=${UNIT}`, '--output=cat', '--no-pager', `--after-cursor=${cursor}`];
  return (await node.check(argv)).match(/Main process exited, code=killed, status=9\/KILL/g)?.length ?? 0;
}

function markersOf(node: LabNode): string {
  return join(node.paths.stateDir, 'inbox/activated');
}

/** Where the node's journal ends now. */
export async function journalCursor(node: LabNode): Promise<string> {
  const said = await node.check(['journalctl', '--no-pager', '--lines=1', '--show-cursor']);
  return /^-- cursor: (.*)$/m.exec(said)?.[1] ?? '';
}

/** What the installer has written to the journal since then, a line each. */
export async function installerSays(node: LabNode, cursor: string): Promise<readonly string[]> {
  // Which of the two takes a bundle is chance: sync installs what it finds before it looks at the peers.
  const units = [`--unit=${UNIT}`, '--unit=certbot-ha-sync.service'];
  const argv = ['journalctl', ...units, '--output=cat', '--no-pager', `--after-cursor=${cursor}`];
  const text = await node.check(argv);
  return text.split('\n').map((line) => line.trim());
}

/** Every path, mode, owner, time, link and content below certbot's directory, in one number. */
export async function treeHash(node: LabNode): Promise<string> {
  const script = `cd "$1"
{ find . -printf '%p %y %m %U:%G %T@ %l\\n' | sort; find . -type f -print0 | sort -z | xargs -0r sha256sum; } | sha256sum`;
  return await node.check(['sh', '-euc', script, 'hash', node.paths.letsencrypt]);
}
