import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { Lab } from '../lab.ts';
import type { Access } from './access-log.ts';
import { must } from './failure.ts';
import type { Stage } from './stage.ts';

/** The certificate is there, from this CA, for these names, and on hosts the same on each. */
export async function proveCertificate({ lab, screen, names, cast: { issuer } }: Stage): Promise<void> {
  const lineage = join(issuer.paths.letsencrypt, 'live', names[0]);
  const file = join(lineage, 'cert.pem');
  const certificate = new X509Certificate(await issuer.readFile(file));
  const certified = (certificate.subjectAltName ?? '').split(', ').map((name) => name.replace(/^DNS:/, ''));
  must(
    certified.toSorted().join() === [...names].toSorted().join(),
    `${file} is for ${certified.join(', ')} and not for ${names.join(', ')}`,
  );
  const serial = certificate.serialNumber.toLowerCase();
  const issued = `Issued certificate serial ${serial} `;
  must((await lab.caLog()).includes(issued), `${file}: the CA says nothing of its serial number ${serial}`);
  screen.event('ca', `has issued certificate ${serial}`);
  const having = lab.kind === 'booted' ? lab.nodes : [issuer];
  for (const node of having) {
    const other = await node.readFile(join(node.paths.letsencrypt, 'live', names[0], 'cert.pem'));
    must(
      new X509Certificate(other).serialNumber.toLowerCase() === serial,
      `${node.name} has another certificate`,
    );
  }
  const where = having.length > 1 ? 'all' : issuer.name;
  screen.event(where, [`has it in ${lineage}`, `for ${certified.join(', ')}`], 'good');
}

/** Nothing of the run is left on any node. */
export async function proveCleanUp({ lab, screen }: Stage): Promise<void> {
  for (const node of lab.nodes) {
    const tokens = await node.tokens();
    must(tokens.length === 0, `${node.name}: left in its webroot: ${tokens.join(', ')}`);
    const pending = await node.check(['find', join(node.paths.stateDir, 'pending'), '-type', 'f']);
    must(pending === '', `${node.name}: left in its state directory: ${pending.trim()}`);
    screen.event(node.name, 'no token in the webroot, nothing pending');
  }
}

/** Both holders of the VIP have served the CA, and every node has served every name to the gate. */
export function proveMove(
  { lab, names, cast: { holder, successor } }: Stage,
  accesses: readonly Access[],
): void {
  const served = (by: Access['by']) => accesses.filter((one) => one.by === by && one.status === 200);
  for (const { name } of [holder, successor]) {
    const has = served('ca').some(({ node }) => node === name);
    must(has, `the VIP did not move while the CA was validating: ${name} has served nothing to it`);
  }
  for (const name of names) {
    must(
      served('ca').some((one) => one.name === name),
      `the CA was served nothing for ${name}`,
    );
    const without = nodesWithout(
      lab,
      served('gate').filter((one) => one.name === name),
    );
    must(without.length === 0, `the gate has not seen ${name} on ${without.join(', ')}`);
  }
}

function nodesWithout(lab: Lab, accesses: readonly Access[]): readonly string[] {
  return lab.nodes.map(({ name }) => name).filter((name) => !accesses.some(({ node }) => node === name));
}
