#!/usr/bin/env node
import { hasErrorCode } from '../base/errors.ts';
import { reportError } from '../base/report-error.ts';
import { createProgram } from './program.ts';

const err = (line: string) => {
  process.stderr.write(`certbot-ha: ${line}\n`);
};

// A pager or head(1) may stop reading when it has enough.
process.stdout.on('error', (error) => {
  if (!hasErrorCode(error, 'EPIPE')) throw error;
});

async function run(): Promise<void> {
  try {
    process.exitCode = await createProgram(err)(process.argv.slice(2));
  } catch (error) {
    process.exitCode = reportError(error, err);
  }
}

void run();
