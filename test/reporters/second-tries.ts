import { appendFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Ends a run with the tests that passed at a second try only, and what the first has said. */
export class SecondTries implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const passed = modules.flatMap((module) => [...module.children.allTests('passed')]);
    const tests = passed.filter((test) => (test.diagnostic()?.retryCount ?? 0) > 0);
    if (tests.length === 0) return;
    const text = ['needed a second try:', ...tests.map(describe), ''].join('\n');
    process.stdout.write(`\n${text}`);
    // `npm test` is several runs, and shows at its end what each had to say.
    const file = process.env['CERTBOT_HA_TEST_NOTES'];
    if (file) appendFileSync(file, text);
  }
}

function describe(test: TestCase): string {
  const { errors = [] } = test.result();
  const reason = errors[0]?.message.replaceAll(/\s+/g, ' ').slice(0, 200) ?? 'no reason given';
  return `  ${test.module.relativeModuleId}: ${test.fullName}\n    at first: ${reason}`;
}
