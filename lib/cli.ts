#!/usr/bin/env node
import { reportError } from './report-error.ts';
import { createProgram } from './program.ts';

const err = (line: string) => {
  process.stderr.write(`certbot-ha: ${line}\n`);
};

async function run(): Promise<void> {
  try {
    process.exitCode = await createProgram(err)(process.argv.slice(2));
  } catch (error) {
    process.exitCode = reportError(error, err);
  }
}

void run();
