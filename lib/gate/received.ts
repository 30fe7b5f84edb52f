/** The bytes that have come over a connection, for who waits for some of them. */
export interface Received {
  readonly length: () => number;
  add(chunk: Buffer): void;
  /** What is waited for, and has not come, never will: every wait rejects with this. The first one counts. */
  end(error: Error): void;
  /** Something else has changed that is waited for. */
  wake(): void;
  /** Resolves to what `take` gives, as soon as it is not null. One waits at a time. */
  until<T>(take: () => T | null): Promise<T>;
  /** The next line, without its end. */
  line(): Promise<string>;
  bytes(count: number): Promise<Buffer>;
  /** As text, for a message. */
  begin(): string;
}

export function createReceived(): Received {
  let buffer = Buffer.alloc(0);
  let ended: Error | null = null;
  let wake = () => undefined as void;
  const until: Received['until'] = async (take) => {
    for (;;) {
      const taken = take();
      if (taken !== null) return taken;
      if (ended !== null) throw ended;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  const takeFirst = (count: number) => {
    const first = buffer.subarray(0, count);
    buffer = buffer.subarray(count);
    return first;
  };
  return {
    length: () => buffer.length,
    add: (chunk) => {
      buffer = Buffer.concat([buffer, chunk]);
      wake();
    },
    end: (error) => {
      ended ??= error;
      wake();
    },
    wake: () => wake(),
    until,
    line: async () =>
      await until(() => {
        const length = buffer.indexOf('\n');
        return length === -1
          ? null
          : takeFirst(length + 1)
              .toString('latin1')
              .trimEnd();
      }),
    bytes: async (count) => await until(() => (buffer.length < count ? null : takeFirst(count))),
    begin: () => buffer.toString('latin1', 0, 80),
  };
}
