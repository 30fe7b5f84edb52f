import type { ServiceName } from '../contract.ts';
import { empty, link, put, remove } from './files.ts';
import type { Root } from './roots.ts';

export const UNITS: Readonly<Record<ServiceName, string>> = {
  nginx: 'nginx.service',
  agent: 'certbot-ha-agent.service',
  keepalived: 'keepalived.service',
  ssh: 'ssh.service',
};

/** What the suite has besides its agent. */
const SUITE_UNITS = 'certbot-ha-installer.path certbot-ha-sync.path certbot-ha-sync.timer';

/** There when all services of a booted host have been started. Not below /run, which is the host's own. */
export const READY_FILE = '/var/lib/lab-ready';

/** Boots what is under test and nothing of what this machine has enabled. */
export async function putUnits(root: Root, services: readonly ServiceName[]): Promise<void> {
  await empty(root, '/etc/systemd/system');
  const units = services.map((name) => UNITS[name]).join(' ');
  await put(
    root,
    '/etc/systemd/system/lab.target',
    `[Unit]
Requires=sysinit.target dbus.service
# Logins of users are refused until systemd-user-sessions has started.
Wants=systemd-user-sessions.service ${units} ${SUITE_UNITS} lab-ready.service
After=sysinit.target dbus.service
AllowIsolate=yes
`,
  );
  await put(
    root,
    '/etc/systemd/system/lab-ready.service',
    `[Unit]
After=systemd-user-sessions.service ${units}

[Service]
Type=oneshot
ExecStart=touch ${READY_FILE}
`,
  );
  // Enabled, as Debian's packages leave them; lab.target does not look there.
  for (const name of services) {
    const unit = UNITS[name];
    await link(
      root,
      `/etc/systemd/system/multi-user.target.wants/${unit}`,
      `/usr/lib/systemd/system/${unit}`,
    );
  }
  // Younger than /usr: nothing is rebuilt at boot.
  await remove(root, ['/etc/.updated', '/var/.updated']);
  await Promise.all(['/etc/.updated', '/var/.updated'].map((path) => put(root, path, '')));
}
