import { expect, test } from 'vitest';
import { readArguments } from '../../../lib/system/read-arguments.ts';

const PROGRAM = {
  name: 'certbot-ha-auth',
  usage: '[--config FILE]',
  options: { config: { type: 'string' } },
} as const;

test.for([
  [['www.example.com'], "certbot-ha-auth: unexpected argument 'www.example.com'"],
  [['--conf.ig'], "certbot-ha-auth: unknown option '--conf.ig'"],
  [['--config'], "certbot-ha-auth: option '--config <value>' argument missing"],
  [['--config', '-x.y'], "certbot-ha-auth: option '--config' argument is ambiguous"],
] as const)('%j is told whole, without what Node.js advises', ([argv, problem]) => {
  expect(() => readArguments(PROGRAM, argv)).toThrow(
    expect.objectContaining({
      findings: [{ code: 'usage', problem }],
      hint: 'usage: certbot-ha-auth [--config FILE]',
    }),
  );
});
