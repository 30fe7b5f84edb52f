import { eventually } from '../eventually.ts';
import type { LabNode } from '../lab.ts';
import { show } from './units.ts';

const UNIT = 'certbot-ha-installer.service';
const [WRAPPER, HOLD, HELD] = ['/usr/local/sbin/nginx', '/run/test-hold', '/run/test-held'];
const PATIENT = `#!/bin/sh
if [ "$1" = -t ]; then
  [ ! -e ${HOLD} ] || : >${HELD}
  while [ -e ${HOLD} ]; do sleep 0.05; done
fi
exec /usr/sbin/nginx "$@"
`;

/** What is asked while an installation is under way on a node. */
export interface HeldInstallation {
  /** Resolves when the web server's test runs that the installation waits for. */
  readonly begun: () => Promise<void>;
  /** Resolves when systemd has been told to stop the installer, whose end it waits for. */
  readonly isBeingStopped: () => Promise<void>;
  /** Lets it come to its end. */
  readonly letGo: () => Promise<void>;
}

/** Holds the next installation on a node in the midst: its web server's test takes as long as the caller wants. */
export async function holdInstallation(node: LabNode): Promise<HeldInstallation> {
  await node.writeFile(WRAPPER, PATIENT, { mode: 0o755 });
  await node.writeFile(HOLD, '');
  const what = (words: string) => ({ timeoutMs: 60_000, what: `${node.name}: ${words}` });
  return {
    begun: async () =>
      void (await eventually(
        async () => (await node.run(['test', '-e', HELD])).code === 0,
        what('a test of the web server'),
      )),
    isBeingStopped: async () =>
      void (await eventually(
        async () => (await show(node, UNIT, 'ActiveState')) === 'deactivating',
        what('the stop of the installer'),
      )),
    letGo: async () => void (await node.check(['rm', '-f', HOLD, HELD, WRAPPER])),
  };
}
