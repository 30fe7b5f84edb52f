import { readFile } from 'node:fs/promises';
import { run } from '../../support/programs/program.ts';
import type { Lab, LabNode } from '../contract.ts';

// What a host is without certbot-ha, as a package or a reader of README finds it.

/** What the lab has put there for other tests goes; and packages start nothing where policy-rc.d says so. */
export async function makeBare(host: LabNode, lab: Lab): Promise<void> {
  const others = ['/etc/certbot-ha', host.paths.webroot, '/usr/sbin/policy-rc.d'];
  await host.check(['rm', '-rf', ...others]);
  await answerCertbot(host, lab);
}

/** What certbot would otherwise ask, and whose CA it is. Without a terminal a renewal first sleeps. */
export async function answerCertbot(
  host: LabNode,
  { directoryUrl }: Pick<Lab, 'directoryUrl'>,
): Promise<void> {
  const answers = `server = ${directoryUrl}
email = admin@example.test
agree-tos = true
non-interactive = true
no-random-sleep-on-renew = true
`;
  await host.writeFile(`${host.paths.letsencrypt}/cli.ini`, answers);
}

/** Whether the host's distribution has a Node.js that is new enough for the package that brings none. */
export async function hasNewNode(host: LabNode): Promise<boolean> {
  const { stdout } = await host.run(['dpkg-query', '--show', '--showformat=${Version}', 'nodejs']);
  return (await run(['dpkg', '--compare-versions', stdout.trim() || '0', 'ge', '20.19'])).code === 0;
}

/** Copies a file of this machine to a place on the host. */
export async function bring(host: LabNode, file: string, place: string): Promise<void> {
  const input = (await readFile(file)).toString('base64');
  await host.check(['sh', '-c', 'mkdir -p "${0%/*}"; base64 -d >"$0"', place], { input });
}
