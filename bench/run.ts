import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import * as v from 'valibot';
import type { Figure } from './figure.ts';
import { machine } from './machine.ts';

/** What one run of the bench has measured, and where. */
export interface Run {
  /** cores, memory and Node.js: times of two machines are not compared */
  readonly machine: string;
  readonly node: string;
  /** of the lab; `none` for parts that need none */
  readonly lab: string;
  readonly date: string;
  /** of the checkout; null: it is none */
  readonly commit: string | null;
  readonly figures: readonly Figure[];
}

const FORMAT = 1;
const NUMBER = v.pipe(v.number(), v.finite());
const CURVE = v.object({
  over: v.picklist(['nodes', 'names']),
  name: v.string(),
  points: v.array(v.tuple([NUMBER, NUMBER])),
});
const RUN = v.object({
  format: v.literal(FORMAT),
  machine: v.string(),
  node: v.string(),
  lab: v.string(),
  date: v.string(),
  commit: v.nullable(v.string()),
  figures: v.array(
    v.object({
      what: v.string(),
      value: NUMBER,
      unit: v.string(),
      atMost: v.exactOptional(NUMBER),
      from: v.exactOptional(v.string()),
      spread: v.exactOptional(v.tuple([NUMBER, NUMBER])),
      curve: v.exactOptional(CURVE),
    }),
  ),
});

export function runOf(figures: readonly Figure[], lab: string): Run {
  const date = new Date().toISOString().slice(0, 10);
  return { machine: machine(), node: process.version, lab, date, commit: commitHere(), figures };
}

/** `2 cores (…), 24 GiB, Node.js v20.20.2, booted lab, 2026-11-28, commit 0123456` */
export function lineOfRun({ machine, node, lab, date, commit }: Run): string {
  const at = commit === null ? '' : `, commit ${commit}`;
  return `${machine}, Node.js ${node}, ${lab} lab, ${date}${at}`;
}

export async function writeRun(file: string, run: Run): Promise<void> {
  await writeFile(file, `${JSON.stringify({ format: FORMAT, ...run }, null, 2)}\n`);
}

/** @throws where the file is no run, with what it is instead */
export async function readRun(file: string): Promise<Run> {
  const text = await readFile(file, 'utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${file}: not JSON; npm run bench -- --json FILE writes what --compare reads`);
  }
  const checked = v.safeParse(RUN, value);
  if (checked.success) {
    const { format: _, ...run } = checked.output;
    return run;
  }
  const [issue] = checked.issues;
  const where = v.getDotPath(issue) ?? 'the whole';
  throw new Error(`${file}: no run of this bench: ${where}: ${issue.message}`);
}

function commitHere(): string | null {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null; // an unpacked archive
  }
}
