import type { Command, CommonOptions } from './command.ts';
import { flag, LETTERS, oneOf, QUIET } from './options.ts';

interface DoctorOptions extends CommonOptions {
  readonly json: boolean | undefined;
  readonly 'no-drill': boolean | undefined;
  readonly record: boolean | undefined;
  readonly wait: string | undefined;
}

export const doctor: Command<DoctorOptions> = {
  command: 'doctor',
  describe: 'check this node and what it sees of the others; each trouble with what to type next',
  builder: (yargs) =>
    yargs
      .option('json', flag('print an object for programs'))
      .option('quiet', { ...QUIET, describe: 'print only checks that fail or warn' })
      .alias(LETTERS)
      .option('no-drill', flag('present no made-up challenges'))
      .option(
        'record',
        flag('keep the result for notify, the status page and the metrics, as the daily run does'),
      )
      .option('wait', oneOf('seconds for a node of a shared webroot that goes on with 404 (default 10)'))
      .conflicts('quiet', 'json')
      .example('$0 doctor', 'on each node, after a change and when something is wrong')
      .example('$0 doctor --json | jq -r \'.checks[] | select(.result == "fail").name\'', 'what fails'),
  handler: async ({ json, quiet, 'no-drill': noDrill, record, wait }, io) => {
    const { runDoctor } = await import('./run-doctor.ts');
    return await runDoctor(io, {
      isJson: json === true,
      isQuiet: quiet === true,
      isDrilled: noDrill !== true,
      isRecorded: record === true,
      wait,
    });
  },
};
