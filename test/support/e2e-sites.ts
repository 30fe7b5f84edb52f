import type { Lab, LabNode } from '../lab/lab.ts';

/** An nginx that knows nothing of challenges. */
export const NO_CHALLENGES = site('return 404;');

/** What a node's port 80 does, with LISTEN where its address and port belong. */
export function site(rules: string): string {
  return `server {\n    listen LISTEN default_server;\n    server_name _;\n    ${rules}\n}\n`;
}

/** The site for a node: on hosts every address counts, on loopback each node has its own. */
export function placed(lab: Lab, node: LabNode, content: string): string {
  const listen = lab.kind === 'booted' ? '80' : `${node.address}:${lab.ports.http}`;
  return content.replaceAll('LISTEN', listen).replaceAll('WEBROOT', node.paths.webroot);
}
