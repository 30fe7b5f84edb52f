import type { Cluster } from '../cluster/cluster.ts';
import { shellWord } from '../findings/area.ts';
import { commandFor } from '../cluster/command-for.ts';
import { commandsOf, type NodeSteps } from './node-steps.ts';

interface NextStepsOptions {
  /** of the node where this is said */
  readonly steps: NodeSteps;
  /** its commands have been run */
  readonly isStarted: boolean;
  /** the nodes may have another configuration or key */
  readonly isReplaced: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** of who renews on this node, a line each */
  readonly renewal: readonly string[];
}

/** What to type after the first node was set up, a line each. */
export function stepsAfterInit(cluster: Cluster, options: NextStepsOptions): readonly string[] {
  const { steps, isReplaced, isStarted, env } = options;
  const ha = commandFor(cluster.config.file);
  const forced = `${isReplaced ? ' --force' : ''}${isStarted ? ' --start' : ''}`;
  const carry = cluster.peers.map(({ name, address }) => {
    // Who has to be told here has to be told there.
    const variable = env['CERTBOT_HA_NODE'] ? `CERTBOT_HA_NODE=${name} ` : '';
    const remote = `${variable}${ha} init --join${forced}`;
    return `  ${ha} init --export | ssh ${shellWord(`root@${address}`)} ${remoteWords(remote)}   # ${name}`;
  });
  return [
    ...(carry.length > 0 ? ['', 'here, to carry both to the other nodes:', ...carry] : []),
    ...(isStarted || steps.own.length === 0
      ? []
      : ['', 'here (--start runs the commands):', ...indented(steps.own)]),
    ...toDo('on every node', commandsOf(steps), options),
    ...renewalSteps(options.renewal),
    '',
    'then here:',
    `  ${ha} status`,
    `  ${ha} drill NAME`,
  ];
}

/** What to type on a node that has joined. */
export function stepsAfterJoin(options: NextStepsOptions): readonly string[] {
  return [
    ...toDo(
      'on this node, as far as it is not done yet',
      [...options.steps.own, ...commandsOf(options.steps)],
      options,
    ),
    ...renewalSteps(options.renewal),
  ];
}

/** Timers and cron jobs are a node's own: each node tells of its own. */
export function renewalSteps(renewal: readonly string[]): readonly string[] {
  return renewal.length === 0 ? [] : ['', 'renewals on this node:', ...indented(renewal)];
}

function toDo(
  where: string,
  commands: readonly string[],
  { steps: { notes }, isStarted }: NextStepsOptions,
): readonly string[] {
  const lines = indented([...notes.map((note) => `# ${note}`), ...(isStarted ? [] : commands)]);
  return lines.length === 0
    ? []
    : ['', isStarted ? `${where}:` : `${where} (--start runs the commands):`, ...lines];
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}

/** ssh hands its words to a shell there, which takes quotes away once more. */
function remoteWords(command: string): string {
  return /^[\w@%+=:,./ -]+$/.test(command) ? command : shellWord(command);
}
