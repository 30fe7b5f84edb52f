import { run, type Ended, type ProgramOptions } from './program.ts';
import { traced } from './traced.ts';

/** What a program, and those that it starts, did with the network. */
export interface Connections {
  /** connections that were begun, by whom they lead to: `192.0.2.1:9480` */
  readonly to: ReadonlyMap<string, number>;
  /** the most that were open at once */
  readonly atOnce: number;
}

/** Runs a program under strace, which slows it down, and tells of its connections. Rejects where there is no strace. */
export async function connectionsOf(
  argv: readonly string[],
  options: ProgramOptions,
): Promise<Connections & { readonly ended: Ended }> {
  const { calls, ended } = await traced(
    async (strace) => await run([...strace, ...argv], options),
    'trace=connect,close',
  );
  return { ...connectionsIn(calls), ended };
}

/** `connect(20, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.1")}, 16) = …` */
const CONNECT =
  /^connect\((\d+), \{sa_family=AF_INET, sin_port=htons\((\d+)\), sin_addr=inet_addr\("([\d.]+)"\)/;
const CLOSE = /^close\((\d+)/;

/** The same of what strace has seen. @param calls connect and close among them */
export function connectionsIn(calls: readonly string[]): Connections {
  const to = new Map<string, number>();
  const open = new Set<string>();
  let atOnce = 0;
  for (const call of calls) {
    const [, connected, port, address] = CONNECT.exec(call) ?? [];
    if (connected !== undefined) {
      const place = `${address}:${port}`;
      to.set(place, (to.get(place) ?? 0) + 1);
      open.add(connected);
      atOnce = Math.max(atOnce, open.size);
    }
    const [, closed] = CLOSE.exec(call) ?? [];
    if (closed !== undefined) open.delete(closed);
  }
  return { to, atOnce };
}
