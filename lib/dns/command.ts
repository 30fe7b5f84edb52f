import { failure, OK, type Outcome } from '../base/outcome.ts';
import type { DnsSettings } from '../cluster/dns-settings.ts';
import { runCommand, type CommandResult } from '../system/run-command.ts';
import { runLimits } from '../system/time-limit.ts';
import { changeAt, type Located } from './located.ts';
import type { Publisher } from './publisher.ts';
import { lastLinesOf } from './said.ts';

type Settings = Extract<DnsSettings, { readonly provider: 'command' }>;

/**
 * The operator's own program, once a batch: what to do is in its environment, a record a line on its stdin. It has done
 * its work when it exits with 0; otherwise none of the batch's records counts as done.
 */
export function createCommandPublisher(settings: Settings, env: NodeJS.ProcessEnv): Publisher {
  const { command } = settings;
  const run = (action: 'present' | 'cleanup') =>
    changeAt(settings, async (places, { limit }) => {
      const result = await runCommand(command, {
        ...runLimits(limit),
        input: places.map(lineOf).join(''),
        env: { ...env, CERTBOT_HA_DNS_ACTION: action },
      });
      const outcome = outcomeOf(command[0] ?? '', result);
      return places.map(() => outcome);
    });
  return { publish: run('present'), withdraw: run('cleanup'), close: async () => undefined };
}

/** `NAME VALUE ZONE ASKED`: where to write it, after CNAMEs, and the name that the CA asks for. */
function lineOf({ record, zone }: Located): string {
  return `${zone.name} ${record.value} ${zone.zone} ${record.name}\n`;
}

function outcomeOf(program: string, { code, stderr, trouble }: CommandResult): Outcome {
  if (code === 0) return OK;
  const said = lastLinesOf(stderr);
  if (code === null) return failure(trouble ?? { code: 'program-stopped', program });
  return failure({ code: 'dns-command-failed', program, end: code, said });
}
