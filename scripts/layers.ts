import { writeFile } from 'node:fs/promises';
import { problemsOf, RULES, rulesOf } from './layer-check.ts';

// The layers are described once, in docs/architecture.md. The linter's rules are made from there:
//   jiti scripts/layers.ts           writes the rules
//   jiti scripts/layers.ts --check   fails where page, rules and directories have parted

if (process.argv.includes('--check')) {
  const problems = await problemsOf('.');
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
} else {
  await writeFile(RULES, await rulesOf('.'));
}
