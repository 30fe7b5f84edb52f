import type { HookIo } from '../hook/io.ts';

/** What a command has of its process. */
export interface CommandIo extends HookIo {
  /** stdout is a terminal that can be drawn on */
  readonly isTerminal: boolean;
}
