/**
 * Says a line. Prose may be broken between words where it does not fit; anything else may be there to be copied, such as a
 * command or a part of a configuration, and goes out whole.
 */
export type Say = (line: string, kind?: 'prose') => void;

/** What a command has of its process. */
export interface CommandIo extends HookIo {
  /** stdout is a terminal that can be drawn on */
  readonly isTerminal: boolean;
  /** Aborts at the first line that nobody reads any more, as after head(1): for who does nothing but show. */
  readonly unread?: AbortSignal;
}

/** What is shown to somebody who looks on, while it lasts. */
export interface Progress {
  /** From the call on, this is waited for: `web2 192.0.2.12`, or what is left of it by now. Its result ends that, once or again. */
  waitFor(what: string | (() => string)): () => void;
  /** From the call on, the terminal is somebody else's: a question, a table that is drawn, certbot. Its result ends that. */
  pause(): () => void;
}

/** What a hook has of its process. */
export interface HookIo {
  readonly env: NodeJS.ProcessEnv;
  readonly pid: number;
  /** a line for people on stdout; certbot hands it on as CERTBOT_AUTH_OUTPUT */
  readonly out: Say;
  /** a line on stderr, which certbot logs as a warning */
  readonly err: Say;
  /** Where somebody looks on. */
  readonly progress?: Progress | undefined;
  /** From the call on, these signals, by default all of them, abort this one instead of ending the process. */
  interruption(signals?: readonly ('SIGINT' | 'SIGTERM' | 'SIGHUP')[]): AbortSignal;
}
