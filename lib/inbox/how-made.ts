import { join } from 'node:path';
import { shellWord } from '../findings/area.ts';
import { BUNDLES, MARKERS, RESULTS } from './layout.ts';

/** What tmpfiles.d/certbot-ha.conf makes, wherever a package, certbot-ha install or somebody has put that file. */
const DEFAULT_INBOX = '/var/lib/certbot-ha/inbox';

/** What makes an inbox as an agent needs it: to be typed as root. */
export function howInboxIsMade(inbox: string): string {
  if (inbox === DEFAULT_INBOX) return 'systemd-tmpfiles --create certbot-ha.conf || certbot-ha install';
  const directories = [inbox, ...[BUNDLES, MARKERS, RESULTS].map((name) => join(inbox, name))].map(shellWord);
  return `install -d -m 0700 -o certbot-ha -g certbot-ha ${directories.join(' ')}`;
}
