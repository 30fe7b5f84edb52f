import { CertbotHaError } from '../base/errors.ts';
import { holdCertificateGate } from '../gate/certificate-gate.ts';
import { heldTargets } from '../cluster/vips.ts';
import { lineOf, type Verdict } from '../gate/verdict.ts';
import { writeCombined } from '../webserver/combined.ts';
import { checkLineage } from '../lineage/check-lineage.ts';
import { readLineage, type Lineage } from '../lineage/lineage.ts';
import { namesOf } from '../lineage/names.ts';
import { configurationFor } from '../webserver/kinds.ts';
import { createWebServer } from '../webserver/web-server.ts';
import type { Deployment } from './deployment.ts';

/**
 * Puts a lineage to use on this node: checked, the web server tested and reloaded, and held until
 * the new leaf has been seen. A drained node is reloaded as well, lest it comes back with the old
 * certificate; only the gate leaves it out.
 * @throws {CertbotHaError} `failed` when the lineage is not sound
 */
export async function deployHere(deployment: Deployment): Promise<0 | 1> {
  const { cluster, directory, signal } = deployment;
  const lineage = await readLineage(directory);
  const names = [...new Set(deployment.names.length > 0 ? deployment.names : namesOf(lineage.leaf))];
  const problems = checkLineage(lineage, names, new Date());
  if (problems.length > 0) {
    throw new CertbotHaError('failed', problems, { hint: 'the web server has not been reloaded' });
  }
  if (!(await reload(deployment))) return 1;

  const verdict = await holdCertificateGate(lineage, {
    targets: heldTargets(cluster),
    names,
    timeoutMs: cluster.config.gate.timeoutMs,
    signal,
  });
  if (verdict.isMet) reportSuccess(deployment, lineage, verdict);
  else reportFailure(deployment, verdict, signal.aborted);
  return verdict.isMet ? 0 : 1;
}

/** False, with the web server's own words on stderr, when it would not or could not. */
async function reload({ cluster, directory, io }: Deployment): Promise<boolean> {
  const webServer = createWebServer(cluster.config.webServer, { env: io.env });
  await writeCombined(webServer, directory);
  const tested = await webServer.test();
  if (!tested.isOk) {
    io.err('the web server has not been reloaded: the test of its configuration failed');
    for (const line of tested.reason.split('\n')) io.err(`  ${line}`);
    return false;
  }
  const reloaded = await webServer.reload();
  if (!reloaded.isOk) {
    io.err('the web server could not be reloaded');
    for (const line of reloaded.reason.split('\n')) io.err(`  ${line}`);
  }
  return reloaded.isOk;
}

function reportSuccess({ cluster, io }: Deployment, lineage: Lineage, { targets }: Verdict): void {
  for (const report of targets) io.out(lineOf(report));
  const unused = targets.filter(({ state }) => state === 'unused').flatMap(({ missing }) => missing);
  if (unused.length === 0) return;
  const { kind } = cluster.config.webServer;
  io.out(
    `to use it, add to ${kind === 'none' ? "the web server's" : `${kind}'s`} configuration for ` +
      `${[...new Set(unused)].join(', ')}, then reload:`,
  );
  for (const line of configurationFor(kind, lineage.directory)) io.out(`  ${line}`);
}

function reportFailure(
  { cluster, directory, io }: Deployment,
  verdict: Verdict,
  isInterrupted: boolean,
): void {
  const counting = verdict.targets.filter(({ state }) => state !== 'drained');
  const held = counting.filter(({ state }) => state === 'served');
  const when = isInterrupted ? 'before the interruption' : `within ${cluster.config.gate.timeoutMs / 1000} s`;
  io.err(
    `the new certificate of ${directory} was not seen everywhere ${when}: ` +
      `${held.length} of ${counting.length} targets serve it`,
  );
  for (const report of verdict.targets) io.err(`  ${lineOf(report)}`);
}
