import type { Cluster } from '../cluster/cluster.ts';
import { loadCluster } from '../cluster/load.ts';
import { catchUp } from '../issuer/catch-up.ts';
import { askForIssuership, issuershipOf } from '../issuer/issuer.ts';
import type { ExitCode } from '../base/errors.ts';
import { NOTE_WAIT_MS, noteLostAccounts } from '../peers/note-lost-accounts.ts';
import { cliIniOverrides } from '../lineage/overrides.ts';
import { deadline, within } from '../system/deadline.ts';
import { lineOf } from '../findings/words.ts';
import { print } from '../base/print.ts';
import { printError } from '../base/report-error.ts';
import { tellDamage } from '../state/damage.ts';
import { createAccepted } from '../state/accepted.ts';
import { createRecords } from '../state/records.ts';
import type { CommandIo } from '../base/io.ts';

/** For bringing self up to date, and what comes before: certbot's unit waits for the answer. */
const ANSWER_TIMEOUT_MS = 20_000;
/** For what was deleted elsewhere; the rest is for what is newer there. */
const TOLD_TIMEOUT_MS = 8_000;

/**
 * `certbot-ha is-issuer`, for ExecCondition=: 0 if this node should renew now, 1 if not, and a line why.
 * Within some 20 s it decides by what it knows, whatever hangs.
 */
export async function runIsIssuer(io: CommandIo): Promise<ExitCode> {
  const limit = deadline(ANSWER_TIMEOUT_MS);
  const cluster = await loadCluster(io.env);
  issuershipOf(cluster); // a broken configuration is told before anything is waited for
  await bringSelfUpToDate(cluster, io, limit);
  // Only now: the VIP may have moved meanwhile.
  const issuership = await askForIssuership(cluster);
  for (const found of issuership.odd ?? []) print(io.err, found);
  io.out(issuership.isIssuer ? issuership.why : lineOf(issuership.reason));
  return issuership.isIssuer ? 0 : 1;
}

async function bringSelfUpToDate(cluster: Cluster, io: CommandIo, limit: AbortSignal): Promise<void> {
  try {
    for (const finding of await cliIniOverrides(cluster.config.certificates.configDir, io.env))
      print(io.err, finding);
    const records = createRecords(cluster.config.stateDir, tellDamage(io.err));
    const noting = { lock: { waitMs: NOTE_WAIT_MS, signal: limit }, err: io.err };
    for (const lost of await noteLostAccounts(cluster, records, noting)) print(io.err, lost);
    const { lacking, silent } = await catchUp(cluster, records, limit, undefined, async (told) => {
      // Imported late: hardly ever is there one that this node has not heard of.
      const { applyTold } = await import('../removal/apply-told.ts');
      const state = { records, accepted: createAccepted(cluster.config.stateDir, tellDamage(io.err)) };
      await applyTold(told, {
        cluster,
        state,
        io: { ...io, out: io.err },
        signal: within(limit, TOLD_TIMEOUT_MS),
      });
    });
    for (const { node, reason } of silent) {
      io.err(lineOf({ code: 'newer-not-known', node: node.name, address: node.address }));
      print(io.err, reason, '  ');
    }
    if (lacking.length > 0) {
      io.err(lineOf({ code: 'newer-not-arrived', seconds: ANSWER_TIMEOUT_MS / 1000, lineages: lacking }));
    }
  } catch (error) {
    // Whatever goes wrong here must not decide whether anybody renews.
    io.err(lineOf({ code: 'not-up-to-date' }));
    printError(error, io.err, '  ');
  }
}
