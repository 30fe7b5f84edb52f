/** The protocols that begin in the clear and turn to TLS on request. */
export const STARTTLS = ['smtp', 'lmtp', 'imap', 'pop3', 'sieve', 'ftp', 'ldap', 'postgres'] as const;

export type Starttls = (typeof STARTTLS)[number];

/** Where a lineage is to be seen, on every node and VIP. */
export interface Service {
  readonly port: number;
  /** null: TLS from the first byte */
  readonly starttls: Starttls | null;
}
