import { describe, onTestFinished } from 'vitest';
import { makeBundle, NAME } from '../lineage/bundle.ts';
import { test } from '../lineage/certificates.ts';
import { ACTIVATING } from './delivery-cases/activating.ts';
import { ANSWERING } from './delivery-cases/answering.ts';
import type { DeliveryUnderTest } from './delivery-cases/case.ts';
import { STAGING } from './delivery-cases/staging.ts';
import { TROUBLE } from './delivery-cases/trouble.ts';

export type { DeliveryUnderTest } from './delivery-cases/case.ts';

const CASES = { ...STAGING, ...ACTIVATING, ...ANSWERING, ...TROUBLE };

/** What every delivery keeps to (lib/transports/delivery.ts). */
export function describeDelivery(
  name: string,
  create: (directory: string) => Promise<DeliveryUnderTest>,
): void {
  describe(`the delivery ${name}`, () => {
    for (const [title, check] of Object.entries(CASES)) {
      test(title, async ({ directory, ca, skip }) => {
        const under = await create(directory);
        onTestFinished(async () => await under.close());
        const bundle = makeBundle(await ca.issue([NAME]), { configDir: '/etc/letsencrypt' });
        await check({ directory, name, under, bundle, skip });
      });
    }
  });
}
