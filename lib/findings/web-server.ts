import type { Area } from './area.ts';

interface Command {
  readonly command: string;
  /** `exit 1`, or why there is no exit code */
  readonly end: string;
  /** its own last lines */
  readonly said: readonly string[];
}

/** The web server of this node. */
export const WEB_SERVER = {
  'web-server-test-failed': (command: Command) => ended(command),
  'web-server-reload-failed': (command: Command) => ended(command),
} satisfies Area;

function ended({ command, end, said }: Command): readonly string[] {
  return [`${command}: ${end}`, ...said];
}
