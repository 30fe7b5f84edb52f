import { join } from 'node:path';
import { runStatus } from '../../../lib/commands/run-status.ts';
import { clusterIn, deadAt, tenSecondsLater } from '../../support/strange/dead-mount.ts';
import { expect, test } from '../../support/temporary.ts';

test.for([{}, { watch: true }])(
  'status %j ends in its time where a directory does not answer',
  async (how, { directory }) => {
    const io = {
      ...{ env: await clusterIn(directory), out: () => undefined, err: () => undefined },
      interruption: () => new AbortController().signal,
    };
    const dead = deadAt(join(directory, 'state'));
    const run = async () => await runStatus(io as never, { ...how, timeout: '9' }, dead);
    expect(await tenSecondsLater(run)).toMatchObject({
      findings: [{ code: 'check-too-slow', check: 'certbot-ha status', seconds: 9 }],
    });
  },
);
