import { expect, test } from 'vitest';
import { howInboxIsMade } from '../../../lib/inbox/how-made.ts';

test.for([
  ['/var/lib/certbot-ha/inbox', 'systemd-tmpfiles --create certbot-ha.conf || certbot-ha install'],
  [
    "/srv/it's here/inbox",
    `install -d -m 0700 -o certbot-ha -g certbot-ha ${['', '/bundles', '/activated', '/results'].map((below) => `'/srv/it'\\''s here/inbox${below}'`).join(' ')}`,
  ],
] as const)('%s is made by what can be typed', ([inbox, expected]) => {
  expect(howInboxIsMade(inbox)).toBe(expected);
});
