import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { run } from './programs/program.ts';
import { test as base } from './temporary.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const COPIED = [
  'lib',
  'hooks',
  'docs',
  'package.json',
  '.prettierrc.json',
  '.oxlintrc.json',
  '.oxlintrc.layers.json',
];

/** A copy of the code, to plant into it what must not be there. */
export interface Copy {
  readonly directory: string;
  /** Writes a file, from the copy's root. */
  plant(path: string, text: string): Promise<void>;
  /** What the linter finds, by the rules of the copy, in what is given. */
  lint(...paths: string[]): Promise<readonly Complaint[]>;
}

export interface Complaint {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
  /** with what the rule says to do */
  readonly message: string;
}

interface Diagnostic {
  readonly code: string;
  readonly message: string;
  readonly help?: string;
  readonly filename: string;
  readonly labels: readonly { readonly span: { readonly line: number } }[];
}

export const test = base.extend<{ readonly copy: Copy }>({
  copy: async ({ directory }, use) => {
    await Promise.all(
      COPIED.map(async (name) => await cp(join(ROOT, name), join(directory, name), { recursive: true })),
    );
    await use({
      directory,
      plant: async (path, text) => {
        await mkdir(dirname(join(directory, path)), { recursive: true });
        await writeFile(join(directory, path), text);
      },
      lint: async (...paths) => {
        const linter = join(ROOT, 'node_modules/.bin/oxlint');
        const { stdout } = await run([linter, '--format=json', ...paths], { cwd: directory });
        return (JSON.parse(stdout) as { diagnostics: readonly Diagnostic[] }).diagnostics.map(complaintOf);
      },
    });
  },
});

function complaintOf({ code, message, help = '', filename, labels }: Diagnostic): Complaint {
  return { file: filename, line: labels[0]?.span.line ?? 0, rule: code, message: `${message} ${help}` };
}
