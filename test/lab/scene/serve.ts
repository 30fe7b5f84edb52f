import { join } from 'node:path';
import type { Lab, LabNode } from '../lab.ts';
import type { Stage } from './stage.ts';

/** What nodes' nginx does, until the test is over. */
export interface Serving {
  /** A site for each lineage, by default on every node. */
  serve(names: string | readonly string[], nodes?: readonly LabNode[]): Promise<void>;
  /** A file that nginx cannot read its configuration with. Gives what takes it away before the test is over. */
  breakNginx(on: LabNode): Promise<() => Promise<void>>;
  /** From now on nginx names the key that is in use now, so that it refuses a renewed certificate. Gives what ends that before the test is over. */
  refuseRenewed(on: LabNode, name: string): Promise<() => Promise<void>>;
  /** What port 80 does, in the place of the lab's own site; more servers may follow. WEBROOT is the node's webroot. */
  serveInstead(on: LabNode, rules: string, more?: string): Promise<void>;
  /** A site for port 80 that knows nothing of challenges. */
  hideChallenges(on: LabNode): Promise<void>;
}

export function serving(stage: Stage): Serving {
  const serveInstead: Serving['serveInstead'] = async (on, rules, more = '') => {
    const file = join(on.paths.nginxConfDir, 'http.conf');
    const before = await on.readFile(file);
    const put = async (content: string) => {
      await on.writeFile(file, content);
      await on.reloadNginx();
    };
    stage.undo(async () => await put(before));
    await put(placed(stage.lab, on, site(rules) + more));
  };
  return {
    serve: async (names, nodes = stage.nodes) => await serveOn(stage, [names].flat(), nodes),
    async breakNginx(on) {
      const file = join(on.paths.nginxConfDir, 'broken.conf');
      const fix = async () => {
        await on.check(['rm', '-f', file]);
      };
      stage.undo(fix);
      await on.writeFile(file, 'this is no configuration;\n');
      return fix;
    },
    async refuseRenewed(on, name) {
      const file = join(on.paths.nginxConfDir, `${name}.conf`);
      const live = `${on.paths.letsencrypt}/live/${name}`;
      const fix = async () => await on.writeFile(file, siteOf(name, live));
      stage.undo(fix);
      const key = (await on.check(['realpath', `${live}/privkey.pem`])).trim();
      await on.writeFile(file, siteOf(name, live, key));
      await on.reloadNginx();
      return fix;
    },
    serveInstead,
    hideChallenges: async (on) => await serveInstead(on, 'return 404;'),
  };
}

export async function serveOn(
  { undo }: Stage,
  names: readonly string[],
  nodes: readonly LabNode[],
): Promise<void> {
  const one = async (node: LabNode) => {
    const fileOf = (name: string) => join(node.paths.nginxConfDir, `${name}.conf`);
    undo(async () => {
      await node.check(['rm', '-f', ...names.map(fileOf)]);
      await node.reloadNginx();
    });
    for (const name of names)
      await node.writeFile(fileOf(name), siteOf(name, `${node.paths.letsencrypt}/live/${name}`));
    await node.reloadNginx();
  };
  await Promise.all(nodes.map(one));
}

/** nginx' site for a lineage. */
export function siteOf(name: string, live: string, key = `${live}/privkey.pem`): string {
  return `server {
    listen 443 ssl;
    server_name ${name};
    ssl_certificate ${live}/fullchain.pem;
    ssl_certificate_key ${key};
    return 200 "delivered\\n";
}
`;
}

/** What a node's port 80 does, with LISTEN where its address and port belong. */
function site(rules: string): string {
  return `server {\n    listen LISTEN default_server;\n    server_name _;\n    ${rules}\n}\n`;
}

/** The site for a node: on hosts every address counts, on loopback each node has its own. */
function placed(lab: Lab, node: LabNode, content: string): string {
  const listen = lab.kind === 'booted' ? '80' : `${node.address}:${lab.ports.http}`;
  return content.replaceAll('LISTEN', listen).replaceAll('WEBROOT', node.paths.webroot);
}
