/** What each name server of these tests has: two zones, a value of somebody else, and aliases from one zone into the other. */
export const ZONES = {
  'example.test': [
    '_acme-challenge.shared TXT "of-another-client"',
    '_acme-challenge.www CNAME www.acme.test.',
    '_acme-challenge.far CNAME far.elsewhere.test.',
  ],
  'acme.test': [],
} as const satisfies Readonly<Record<string, readonly string[]>>;
