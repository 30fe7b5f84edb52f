import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isIPv4 } from 'node:net';
import { onTestFinished } from 'vitest';
import { addressesHere } from '../../../lib/cluster/machine.ts';
import type { Issued } from '../lineage/certificates.ts';
import { writeLineage } from '../lineage/tree.ts';
import { freePort, loopbackAddresses } from './addresses.ts';
import { startDeployHook, type DeployRun } from './deploy-hook.ts';
import { serve } from './site.ts';
import { serveTls } from './tls-site.ts';

/**
 * A VIP that this machine holds: an address of its own, since one on the loopback interface makes nobody the holder. What
 * is sent there stays in this machine. Undefined where it has none.
 */
export const HELD_VIP = addressesHere().outward.find(isIPv4);
export const NO_VIP = "no IPv4 address but the loopback interface's, which is no VIP that is held";

/** A command list that makes a request, and so tells the test that it was run. */
export const call = (url: string) => [
  process.execPath,
  '-e',
  `fetch(${JSON.stringify(url)}, { method: 'POST' })`,
];

export interface DeployScene {
  readonly before: Issued;
  /** the second generation */
  readonly issued: Issued;
  readonly names?: readonly string[];
  /** runs for every call of the web server's commands: `test` or `reload` */
  readonly onCall?: (what: string, node: { use(issued: Issued): void }) => void;
}

/** A node with a web server that shows the first generation until it is told to reload. */
export async function setUpDeploy(
  directory: string,
  { before, issued, names = ['a.test'], onCall }: DeployScene,
) {
  const [web1 = '', web2 = ''] = loopbackAddresses(2);
  const httpsPort = await freePort([web1, web2, ...(HELD_VIP === undefined ? [] : [HELD_VIP])]);
  const node = await serveTls(before, { address: web1, port: httpsPort });
  onTestFinished(node.close);
  const control = await serve((request, response) => {
    const what = request.url?.slice(1) ?? '';
    if (onCall) onCall(what, node);
    else if (what === 'reload') node.use(issued);
    response.end();
  });
  onTestFinished(async () => await control.close());
  const url = `http://127.0.0.1:${control.port}`;
  const stateDir = join(directory, 'state');
  await mkdir(stateDir);
  const config = {
    stateDir,
    nodes: { web1, web2 },
    vips: [] as readonly string[],
    gate: { timeout: 5, httpsPort },
    webServer: { kind: 'nginx', test: call(`${url}/test`), reload: call(`${url}/reload`) },
  };
  const lineage = await writeLineage(directory, 'a.test', [before, issued]);
  return {
    node,
    web1,
    httpsPort,
    stateDir,
    config,
    lineage,
    calls: () => control.requests.map((request) => request.split('/').at(-1)),
    deploy: async (changes: Partial<DeployRun> = {}) =>
      await (
        await startDeployHook({ directory, config, lineage, names, ...changes })
      ).ended,
  };
}

/** The one that is served, and the one that is to be. */
export async function twoGenerations(
  ca: { issue(names: readonly string[]): Promise<Issued> },
  names = ['a.test'],
) {
  return { before: await ca.issue(names), issued: await ca.issue(names) };
}
