import type { Command } from './command.ts';

/** @param print writes the script, which only the parser knows, to stdout */
export function completion(print: () => void): Command {
  return {
    command: 'completion',
    describe: 'print a script by which bash, zsh or fish completes commands and options',
    builder: (yargs) =>
      yargs
        .example('$0 completion >>~/.bashrc', 'for bash, from the next login on')
        .example('SHELL=zsh $0 completion >>~/.zshrc', 'for zsh')
        .epilog('SHELL in the environment says for which shell.'),
    handler: async () => {
      print();
      return 0;
    },
  };
}
