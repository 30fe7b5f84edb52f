import type { ClusterNode, Config } from '../../cluster/config.ts';
import type { CommandResult } from '../../system/run-command.ts';
import type { Finding } from '../../findings/register.ts';

/** The peer has no such directory: rsync's receiver exits with 3, 11 or 23 and says so, unless its words are lost with the connection. */
export function isNoSuchDirectory(result: CommandResult): boolean {
  return (
    [3, 11, 23].includes(result.code ?? -1) &&
    /^\s*$|No such file or directory|Permission denied/.test(result.stderr)
  );
}

/** ssh exits with 255, but rsync may see the closed pipe first and exits with 12 then. */
export const SSH_WORDS =
  /^ssh: |^Host key verification failed|Permission denied \(|^kex_exchange|timed out/im;

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
  { code, stderr, trouble }: CommandResult,
  peer: ClusterNode,
  rsync: Config['rsync'],
  directory: string,
): Finding {
  if (trouble !== null) return trouble;
  if (/Failed to exec ssh: No such file/.test(stderr))
    return { code: 'program-not-installed', program: 'ssh' };
  const said = lastLine(stderr);
  const { user } = rsync;
  if (code === 255 || (code === 12 && SSH_WORDS.test(stderr))) {
    return explainSsh(stderr, `${user}@${peer.address}`, rsync);
  }
  if (/write-only server/.test(stderr)) return { code: 'rsync-write-only' };
  switch (code ?? 0) {
    case 2:
      return { code: 'rsync-not-spoken', user, said };
    case 1:
      return { code: 'rsync-refused', said };
    case 3:
    case 11:
    case 23:
      return /Permission denied|Operation not permitted/.test(stderr)
        ? { code: 'rsync-not-writable', user, directory }
        : { code: 'rsync-directory-missing', directory, said };
    case 12:
      // rrsync itself says so and ends.
      if (/rrsync error: .* No such file or directory/.test(stderr))
        return { code: 'rsync-directory-missing', directory, said };
      return { code: 'rsync-not-answering', user, said };
    case 127:
      return { code: 'rsync-not-installed-there', user };
    case 30:
    case 35:
      return { code: 'rsync-no-answer' };
    default:
      return { code: 'rsync-failed', exitCode: code ?? 0, said };
  }
}

/** What ssh itself says, whoever has started it. */
export function explainSsh(
  stderr: string,
  account: string,
  { identityFile: key, port }: Pick<Config['rsync'], 'identityFile' | 'port'>,
): Finding {
  if (/Host key verification failed/.test(stderr)) return { code: 'ssh-host-key-unknown', account };
  if (/Permission denied/.test(stderr)) return { code: 'ssh-key-refused', account, key };
  const asked = { who: 'ssh', port } as const;
  if (/Connection refused/.test(stderr))
    return { code: 'connection-refused', ...asked, error: 'ECONNREFUSED' };
  if (/No route to host/.test(stderr)) {
    return { code: 'no-route-to-host', ...asked, port: null, error: 'EHOSTUNREACH' };
  }
  if (/timed out/i.test(stderr)) return { code: 'connection-timed-out', ...asked, error: 'ETIMEDOUT' };
  return { code: 'ssh-failed', said: lastLine(stderr) };
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
