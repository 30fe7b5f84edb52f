import { dirname, join } from 'node:path';
import type { Lab, LabNode } from '../lab.ts';

/** One request for a challenge's response, as the node's nginx logged it. */
export interface Access {
  /** Tells it from every other. */
  readonly id: string;
  readonly node: string;
  /** milliseconds since the epoch */
  readonly atMs: number;
  readonly name: string;
  /** The address it was sent to. */
  readonly to: string;
  readonly status: number;
  readonly by: 'gate' | 'ca' | 'other';
}

const FORMAT =
  '{"atSeconds":$msec,"name":"$host","to":"$server_addr","status":$status,"agent":"$http_user_agent"}';

/** Has nginx log the challenge requests in a form of the demo's own, with the name and the address that was asked. */
export async function logChallenges(lab: Lab): Promise<void> {
  await Promise.all(
    lab.nodes.map(async (node) => {
      const config = [
        'map $uri $is_challenge {',
        '    default 0;',
        '    ~^/\\.well-known/acme-challenge/ 1;',
        '}',
        `log_format challenges escape=json '${FORMAT}';`,
        `access_log ${logFile(lab, node)} challenges if=$is_challenge;`,
      ];
      await node.writeFile(join(node.paths.nginxConfDir, 'challenge-log.conf'), `${config.join('\n')}\n`);
      await node.reloadNginx();
    }),
  );
}

/** In the order they came. */
export async function readAccesses(lab: Lab, sinceMs: number): Promise<readonly Access[]> {
  const logs = await Promise.all(
    lab.nodes.map(async (node) => {
      const log = await node.readFile(logFile(lab, node));
      return log
        .split('\n')
        .filter(Boolean)
        .map((line, index) => parse(line, { id: `${node.name} ${index}`, node: node.name }));
    }),
  );
  return logs
    .flat()
    .filter(({ atMs }) => atMs >= sinceMs)
    .toSorted((one, other) => one.atMs - other.atMs);
}

function logFile(lab: Lab, node: LabNode): string {
  const directory = lab.kind === 'booted' ? '/var/log/nginx' : dirname(node.paths.nginxConfDir);
  return join(directory, 'challenges.log');
}

function parse(line: string, place: Pick<Access, 'id' | 'node'>): Access {
  const { atSeconds, name, to, status, agent } = JSON.parse(line) as {
    readonly atSeconds: number;
    readonly name: string;
    readonly to: string;
    readonly status: number;
    readonly agent: string;
  };
  return { ...place, atMs: atSeconds * 1000, name, to, status, by: whoIs(agent) };
}

function whoIs(agent: string): Access['by'] {
  if (agent.startsWith('certbot-ha/')) return 'gate';
  return agent.includes('Pebble') ? 'ca' : 'other';
}
