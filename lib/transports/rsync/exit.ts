import type { ClusterNode, Config } from '../../cluster/config.ts';
import type { CommandResult } from '../../system/run-command.ts';
import { lineOf } from '../../findings/words.ts';

/** The peer has no such directory: rsync's receiver exits with 3, 11 or 23 and says so, unless its words are lost with the connection. */
export function isNoSuchDirectory(result: CommandResult): boolean {
  return (
    [3, 11, 23].includes(result.code ?? -1) &&
    /^\s*$|No such file or directory|Permission denied/.test(result.stderr)
  );
}

/** ssh exits with 255, but rsync may see the closed pipe first and exits with 12 then. */
const SSH_WORDS = /^ssh: |^Host key verification failed|Permission denied \(|^kex_exchange|timed out/im;

/** Nothing that will stay so: the peer could not be reached, had no time, or a file went away while it was read. */
export function isPassing({ code, stderr, trouble }: CommandResult): boolean {
  if (trouble !== null || [24, 30, 35, 255].includes(code ?? -1)) return true;
  return (code === 12 && SSH_WORDS.test(stderr)) || isTurnedAway(stderr);
}

/** A forced rrsync lets one in at a time, and turns the next one away at once. */
export function isTurnedAway(stderr: string): boolean {
  return /Another instance of rrsync/.test(stderr);
}

/** What rsync's exit code, or ssh's words, mean for the operator (rsync(1), EXIT VALUES). */
export function explainRsync(
  result: CommandResult,
  peer: ClusterNode,
  rsync: Config['rsync'],
  directory: string,
): string {
  if (result.trouble !== null) return lineOf(result.trouble);
  const said = lastLine(result.stderr);
  const who = `${rsync.user}@${peer.address}`;
  if (result.code === 255 || (result.code === 12 && SSH_WORDS.test(result.stderr))) {
    return explainSsh(result.stderr, who, rsync);
  }
  if (/write-only server/.test(result.stderr)) {
    return 'rsync: write-only there: leave -wo out of the forced command';
  }
  switch (result.code ?? 0) {
    case 2:
      return `rsync: something else than rsync answers there: does ${rsync.user} have a shell or rrsync? ${said}`;
    case 1:
      return `rsync: wrong use, or refused by rrsync on the peer: ${said}`;
    case 3:
    case 11:
    case 23:
      return /Permission denied|Operation not permitted/.test(result.stderr)
        ? `rsync: ${rsync.user} may not write ${directory} there`
        : `rsync: is ${directory} there? ${said}`;
    case 12:
      return `rsync: no rsync answers there: is it installed, and does ${rsync.user} have a shell or rrsync? ${said}`;
    case 127:
      return `rsync: not installed there, or not in the path of ${rsync.user}`;
    case 30:
    case 35:
      return 'rsync: no answer in time';
    default:
      return `rsync: exit ${result.code}: ${said}`;
  }
}

function explainSsh(stderr: string, who: string, rsync: Config['rsync']): string {
  if (/Host key verification failed/.test(stderr)) {
    return `ssh: the host key of ${who} is unknown or has changed: add it to /etc/ssh/ssh_known_hosts`;
  }
  if (/Permission denied/.test(stderr)) {
    return `ssh: ${who} refuses the key ${rsync.identityFile}: is its public half in authorized_keys there?`;
  }
  if (/Connection refused/.test(stderr))
    return `ssh: port ${rsync.port}: connection refused: is sshd running there?`;
  if (/No route to host/.test(stderr)) return 'ssh: no route to host';
  if (/timed out/i.test(stderr)) return `ssh: port ${rsync.port}: no answer: the connection timed out`;
  return `ssh: ${lastLine(stderr)}`;
}

/** rsync's last lines are its own summary; what went wrong stands before them. */
function lastLine(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const telling = lines.filter((line) => !/^rsync error:|^rsync: connection unexpectedly closed/.test(line));
  return (telling.at(-1) ?? lines.at(-1) ?? 'no word why').slice(0, 300);
}
