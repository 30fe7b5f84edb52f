import { leafIn } from '../lineage/bundle.ts';
import type { Issued } from '../lineage/certificates.ts';
import { NAME, test as base } from './pair.ts';

export const DAY_MS = 86_400_000;

/** Two nodes, and two generations of a lineage to give them. */
export const test = base.extend<{ readonly issued: { readonly old: Issued; readonly next: Issued } }>({
  issued: async ({ ca }, use) => {
    const old = await ca.issue([NAME], { notBefore: new Date(Date.now() - DAY_MS) });
    await use({ old, next: await ca.issue([NAME]) });
  },
});

/** The id of its bundle. */
export const idOf = ({ certificate }: Issued) => leafIn(certificate).sha256;
