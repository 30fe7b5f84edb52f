import { CertbotHaError } from '../base/errors.ts';
import { AGENT } from '../cluster/own-units.ts';
import { LIMITS } from '../system/limits.ts';
import { runCommand } from '../system/run-command.ts';
import { withAdminPath } from '../system/admin-path.ts';

/** Whom systemd runs the agent as. */
export interface AgentsUser {
  readonly uid: number;
  /** a number or a name */
  readonly group: string;
}

/** Null where systemd does not run it, or as root. @throws {CertbotHaError} `config` where there is no such user on this host */
export async function agentsUser(env: NodeJS.ProcessEnv): Promise<AgentsUser | null> {
  const ask = async (argv: readonly string[]) =>
    await runCommand(argv, { env: withAdminPath(env), timeoutMs: LIMITS.askMs });
  const shown = await ask(['systemctl', 'show', '--property=User,Group', '--', AGENT]);
  const valueOf = (key: string) =>
    shown.stdout
      .split('\n')
      .find((line) => line.startsWith(`${key}=`))
      ?.slice(key.length + 1) ?? '';
  const [user, group] = [valueOf('User'), valueOf('Group')];
  if (shown.code !== 0 || user === '') return null;
  const entry = await ask(['getent', 'passwd', '--', user]);
  const [, , uid = '', gid = ''] = entry.stdout.trim().split(':');
  if (entry.code !== 0 || !/^\d+$/.test(uid)) {
    const hint = 'certbot-ha install makes it; of a package: systemd-sysusers certbot-ha.conf';
    throw new CertbotHaError('config', { code: 'user-missing', user, unit: AGENT }, { hint });
  }
  return uid === '0' ? null : { uid: Number(uid), group: group || gid };
}
