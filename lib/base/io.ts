/** What a command has of its process. */
export interface CommandIo extends HookIo {
  /** stdout is a terminal that can be drawn on */
  readonly isTerminal: boolean;
}

/** What a hook has of its process. */
export interface HookIo {
  readonly env: NodeJS.ProcessEnv;
  readonly pid: number;
  /** a line for people on stdout; certbot hands it on as CERTBOT_AUTH_OUTPUT */
  out(line: string): void;
  /** a line on stderr, which certbot logs as a warning */
  err(line: string): void;
  /** From the call on, these signals, by default all of them, abort this one instead of ending the process. */
  interruption(signals?: readonly ('SIGINT' | 'SIGTERM' | 'SIGHUP')[]): AbortSignal;
}
