import { join } from 'node:path';
import { TOKENS_BELOW_WEBROOT } from '../../challenge/challenge.ts';
import type { ClusterNode, Config } from '../../cluster/config.ts';
import type { Finding } from '../../findings/register.ts';
import type { CommandResult } from '../../system/run-command.ts';
import { explainSsh, SSH_WORDS } from '../rsync/exit.ts';

const MAX_SAID = 300;
/** What it shows while it works, each with a carriage return. */
const PROGRESS =
  /^(?:\d+%|\[(?:BGN|END)\]|Unison |Looking for|Reconciling|Propagating|Saving|Connected|\s*$)/;

/** What its words, or ssh's, mean for the operator. It has one exit code for all that is fatal. */
export function explainUnison(
  { code, stdout, stderr, trouble }: CommandResult,
  peer: ClusterNode,
  unison: Config['unison'],
): Finding {
  if (trouble !== null) return trouble;
  const { user } = unison;
  const said = `${stdout}\n${stderr}`.replaceAll('\r', '\n');
  const account = `${user}@${peer.address}`;
  if (SSH_WORDS.test(said)) return explainSsh(said, account, unison);
  if (/command not found|: not found|No such file or directory.*unison/.test(said))
    return { code: 'unison-not-installed-there', user };
  if (/unexpected header|[Vv]ersion.*(?:not compatible|mismatch)/.test(said)) {
    const received = /but received "(.*?)(?:\\n)?"/.exec(said)?.[1] ?? lastLine(said);
    return { code: 'unison-not-spoken', user, said: received.slice(0, MAX_SAID) };
  }
  if (/Permission denied|Operation not permitted|Read-only file system/.test(said)) {
    const directory = join(peer.webroot, TOKENS_BELOW_WEBROOT);
    return { code: 'unison-not-writable', user, directory };
  }
  return { code: 'unison-failed', exitCode: code ?? 0, said: lastLine(said) };
}

/** Of a fatal error the words behind it; they are wrapped into several lines. */
function lastLine(text: string): string {
  const fatal = /Fatal error: ([^]*?)\n(?:\s*\n|$)/.exec(`${text}\n\n`)?.[1];
  const lines = text.split('\n').map((line) => line.trim());
  const telling = fatal?.replaceAll(/\s+/g, ' ') ?? lines.findLast((line) => !PROGRESS.test(line));
  return (telling || 'no word why').slice(0, MAX_SAID);
}
