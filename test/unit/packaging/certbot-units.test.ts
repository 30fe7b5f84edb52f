import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CERTBOT_SERVICES, RUN_UNITS } from '../../../lib/certbot/units-shown.ts';
import { environmentDropIn } from '../../../lib/setup/drop-ins.ts';

const textOf = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
const CERTBOT_UNITS = RUN_UNITS.filter((unit) => !unit.startsWith('certbot-ha-'));

// Where one has none, its host renews whoever holds the VIP.
test.for(['docs/by-hand.md', 'packaging/stage.sh'])(
  '%s puts a drop-in beside each service of certbot',
  (file) => {
    const [, names = ''] = /^ *for unit in (.+); do\n.*\$unit\.service\.d/m.exec(textOf(file)) ?? [];
    expect(names.split(' ').map((name) => `${name}.service`)).toEqual(CERTBOT_UNITS);
  },
);

test('certbot-ha install has the same, and init gives a variable to each', () => {
  expect(CERTBOT_SERVICES).toEqual(CERTBOT_UNITS);
  expect(environmentDropIn('NAME', 'value')[0]).toMatch(
    /for unit in certbot-ha- certbot snap\.certbot\.renew certbot-renew; do/,
  );
});

test.for(['docs/install.md', 'docs/operations.md'])('%s names each service of certbot', (file) => {
  for (const unit of CERTBOT_UNITS) expect(textOf(file)).toContain(unit);
});
