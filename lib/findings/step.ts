/** What is done about a finding: a line for a shell, or something that is done by hand. */
export interface Step {
  /** the node where; null: this one */
  readonly on: string | null;
  /** when the command is typed or, without one, what is done by hand; null: it is typed at once */
  readonly note: string | null;
  /** one line that bash, zsh and sh take alike: no comment in it, which an interactive zsh does not know */
  readonly command: string | null;
}

export function typed(command: string): readonly Step[] {
  return [{ on: null, note: null, command }];
}

/** @param note ends before a colon: `if it runs there` */
export function typedIf(note: string, command: string, on: string | null = null): readonly Step[] {
  return [{ on, note, command }];
}

export function byHand(note: string): readonly Step[] {
  return [{ on: null, note, command: null }];
}

/** A command for the node that it is about. */
export function onNode(node: string, steps: readonly Step[]): readonly Step[] {
  return steps.map((step) => ({ ...step, on: node }));
}

/** A text as it stands in a pattern of `sed -E` between slashes. */
export function sedPattern(text: string): string {
  return text.replaceAll(/[\\/.*+?^$()[\]{}|]/g, '\\$&');
}

/** A text as it stands in what takes the place of a match, between hashes. */
export function sedReplacement(text: string): string {
  return text.replaceAll(/[\\#&]/g, '\\$&');
}
