import { unlessHangs } from '../cluster/answering.ts';
import { findCluster } from '../cluster/cluster.ts';
import { readConfig } from '../cluster/load.ts';
import { CertbotHaError } from '../base/errors.ts';
import type { CommandIo } from '../base/io.ts';
import { print } from '../base/print.ts';
import { waitingFor } from '../base/waiting.ts';
import { blind, look } from '../notify/seen.ts';
import { tell, tellTest } from '../notify/tell.ts';
import { tellDamage } from '../state/damage.ts';
import { readDoctorRun } from '../state/doctor-run.ts';
import { eventsFor } from '../state/events-for.ts';
import { noteLooked } from '../state/looked.ts';
import { createForgetful, createNotified } from '../state/notified.ts';
import { createOutstanding } from '../state/outstanding.ts';
import { createRecords } from '../state/records.ts';

const HOW = 'add receivers to it, such as: notify: [{mail: root}, {ntfy: {file: /etc/certbot-ha/ntfy.url}}]';

/**
 * `certbot-ha notify`: 0 when everybody has been told what there was to tell, 1 when somebody has not, or the cluster could not be
 * looked at. With `isTest` each gets a test message.
 * @throws {CertbotHaError} `config` where a test is asked for and nobody is to be told
 */
export async function runNotify(
  io: CommandIo,
  { isTest, answers = unlessHangs }: { readonly isTest: boolean; readonly answers?: typeof unlessHangs },
): Promise<0 | 1> {
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
  const hung = await whyHung(answers, stateDir);
  if (hung !== null) return await tell(createForgetful(hung), blind(cluster, hung, io.err), telling);
  const onDamage = tellDamage(io.err);
  const state = {
    outstanding: createOutstanding(stateDir, onDamage),
    records: createRecords(stateDir, onDamage),
    doctorRun: async () => await readDoctorRun(stateDir, onDamage),
  };
  const seen = await waitingFor('the nodes', io, async () => await look(cluster, state, io));
  const code = await tell(createNotified(stateDir, onDamage), seen, {
    ...telling,
    events: eventsFor(cluster, 'notify'),
  });
  if (seen.isBlind) return 1;
  await noteLooked(stateDir);
  return code;
}

/** Why stateDir does not answer; null: it does. */
async function whyHung(answers: typeof unlessHangs, stateDir: string): Promise<CertbotHaError | null> {
  try {
    await answers([stateDir]);
    return null;
  } catch (error) {
    if (error instanceof CertbotHaError) return error;
    throw error;
  }
}
