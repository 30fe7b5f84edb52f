import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { RunResult } from '../contract.ts';

/** A virtual machine's serial line, which goes on when its cable is pulled: scripts/vm-init.sh. */
export interface Line {
  /** Resolves when the machine has booted. */
  readonly isUp: Promise<void>;
  /** Runs a script of bash. Never throws on its exit code; does when there is no answer in time. */
  run(script: string, timeoutMs: number): Promise<RunResult>;
  close(): void;
}

export async function openLine(path: string): Promise<Line> {
  const socket = connect(path);
  await once(socket, 'connect');
  const waiting = new Map<number, (result: RunResult) => void>();
  let count = 0;
  const isUp = new Promise<void>((resolve) => waiting.set(0, () => resolve()));
  createInterface({ input: socket }).on('line', (line) => {
    const [number, code, output = ''] = line.split(' ');
    const stdout = Buffer.from(output, 'base64').toString();
    waiting.get(Number(number))?.({ code: Number(code), stdout, stderr: '' });
    waiting.delete(Number(number));
  });
  // What breaks it off is the machine's end, and every answer has a deadline.
  socket.on('error', () => {});
  return {
    isUp,
    run(script, timeoutMs) {
      count += 1;
      return ask(socket, waiting, { number: count, script, timeoutMs });
    },
    close: () => socket.destroy(),
  };
}

function ask(
  socket: Socket,
  waiting: Map<number, (result: RunResult) => void>,
  { number, script, timeoutMs }: { number: number; script: string; timeoutMs: number },
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      waiting.delete(number);
      reject(new Error(`no answer after ${timeoutMs} ms: ${script}`));
    }, timeoutMs);
    waiting.set(number, (result) => {
      clearTimeout(timer);
      resolve(result);
    });
    socket.write(`${number} ${Buffer.from(script).toString('base64')}\n`);
  });
}
