import { unlessHangs } from '../cluster/answering.ts';
import { findCluster } from '../cluster/cluster.ts';
import { readConfig } from '../cluster/load.ts';
import { CertbotHaError } from '../base/errors.ts';
import type { CommandIo } from '../base/io.ts';
import { print } from '../base/print.ts';
import { look } from '../notify/seen.ts';
import { tell, tellTest } from '../notify/tell.ts';
import { tellDamage } from '../state/damage.ts';
import { createNotified } from '../state/notified.ts';
import { createOutstanding } from '../state/outstanding.ts';
import { createRecords } from '../state/records.ts';

const HOW = 'add receivers to it, such as: notify: [{mail: root}, {ntfy: {file: /etc/certbot-ha/ntfy.url}}]';

/**
 * `certbot-ha notify`: 0 when everybody has been told what there was to tell, 1 when somebody has not, or the cluster could not be
 * looked at. With `isTest` each gets a test message.
 * @throws {CertbotHaError} `config` where a test is asked for and nobody is to be told
 */
export async function runNotify(io: CommandIo, { isTest }: { readonly isTest: boolean }): Promise<0 | 1> {
  const cluster = await findCluster(readConfig(io.env), io.env);
  const { file, notify: receivers, stateDir } = cluster.config;
  const telling = { receivers, node: cluster.self.name, io };
  if (receivers.length === 0) {
    const found = { code: 'no-receiver', file } as const;
    if (isTest) throw new CertbotHaError('config', found, { hint: HOW });
    print(io.out, found);
    return 0;
  }
  if (isTest) return await tellTest(telling);
  // Of certbot's directories it can be told that they do not answer.
  await unlessHangs([stateDir]);
  const onDamage = tellDamage(io.err);
  const state = {
    outstanding: createOutstanding(stateDir, onDamage),
    records: createRecords(stateDir, onDamage),
  };
  const seen = await look(cluster, state, io);
  const code = await tell(createNotified(stateDir, onDamage), seen, telling);
  return seen.isBlind ? 1 : code;
}
