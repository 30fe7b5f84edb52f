import { join as pathTo } from 'node:path';
import { TOKENS_BELOW_WEBROOT } from '../challenge/challenge.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { DEFAULT_CONFIG_FILE } from '../cluster/config.ts';
import { DEFAULT_WEBROOT } from '../cluster/schema.ts';
import { shellWord } from '../findings/area.ts';

const UNITS = 'certbot-ha-agent certbot-ha-installer.path certbot-ha-sync.path certbot-ha-sync.timer';
const RESTART = '  systemctl restart certbot-ha-agent';
const DROP_IN = '/etc/systemd/system/certbot-ha-agent.service.d';

/** What to type after the first node was set up, a line each. @param isReplaced the nodes may have another configuration */
export function stepsAfterInit(cluster: Cluster, isReplaced: boolean): readonly string[] {
  const ha = commandWith(cluster);
  const join = isReplaced ? 'init --join --force' : 'init --join';
  const carry = cluster.peers.map(({ name, address }) => {
    const there = shellWord(`root@${address}`);
    return `  ${ha} init --export | ssh ${there} ${ha} ${join}   # ${name}`;
  });
  return [
    ...(carry.length > 0 ? ['', 'here, to carry both to the other nodes:', ...carry] : []),
    '',
    'on every node:',
    ...onEveryNode(cluster),
    ...(isReplaced ? [RESTART] : []),
    '',
    'then here:',
    `  ${ha} status`,
    `  ${ha} drill NAME`,
  ];
}

/** What to type on a node that has joined. @param isReplaced the agent may have read another configuration or key */
export function stepsAfterJoin(cluster: Cluster, isReplaced: boolean): readonly string[] {
  const restart = isReplaced ? [RESTART] : [];
  return ['', 'on this node, as far as it is not done yet:', ...onEveryNode(cluster), ...restart];
}

function onEveryNode(cluster: Cluster): readonly string[] {
  const { kind } = cluster.config.webServer;
  const { webroot } = cluster.self;
  return [
    ...(webroot === DEFAULT_WEBROOT ? [] : otherWebroot(webroot)),
    kind === 'none'
      ? `  let port 80 serve ${pathTo(webroot, TOKENS_BELOW_WEBROOT)}/`
      : `  ${commandWith(cluster)} snippet ${kind}   # what to add to its configuration; --write puts it in place`,
    `  systemctl enable --now ${UNITS}`,
  ];
}

/** The agent's unit may write to the default one alone. */
function otherWebroot(webroot: string): readonly string[] {
  const challenges = shellWord(pathTo(webroot, TOKENS_BELOW_WEBROOT));
  return [
    `  install -d -o certbot-ha -g certbot-ha ${challenges}`,
    `  mkdir -p ${DROP_IN} && printf '[Service]\\nReadWritePaths=%s\\n' ${shellWord(webroot)} >${DROP_IN}/webroot.conf`,
    '  systemctl daemon-reload',
  ];
}

function commandWith({ config: { file } }: Cluster): string {
  return file === DEFAULT_CONFIG_FILE ? 'certbot-ha' : `certbot-ha --config ${shellWord(file)}`;
}
