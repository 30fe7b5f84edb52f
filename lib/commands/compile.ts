import { reportError } from '../base/report-error.ts';
import { compileAhead } from '../system/compile-ahead.ts';
import { writeLine } from '../system/write-line.ts';

// What packages run after they have been installed.
try {
  compileAhead(import.meta.dirname);
} catch (error) {
  process.exitCode = reportError(error, (line) => writeLine(2, `certbot-ha: not compiled ahead: ${line}`));
}
