import { freePort } from '../../support/cluster/addresses.ts';

/** Addresses and ports of one lab on this machine. */
export interface Addresses {
  /** 127.x.y.`number`. */
  of(number: number): string;
  readonly http: number;
  readonly https: number;
  readonly agent: number;
  readonly admin: number;
  readonly acme: number;
  readonly acmeManagement: number;
  readonly dns: number;
  readonly dnsManagement: number;
}

let labs = 0;

/** A part of 127.0.0.0/8 that no other lab on this machine uses: it goes by the process and its count of labs. */
export async function chooseAddresses(): Promise<Addresses> {
  const number = (process.pid * 4 + (labs++ % 4)) % (222 * 256);
  const prefix = `127.${32 + Math.floor(number / 256)}.${number % 256}`;
  // Somebody may listen on a port of every address of this machine.
  const port = async (preferred: number) => await freePort([`${prefix}.1`], preferred);
  return {
    of: (last) => `${prefix}.${last}`,
    http: await port(8080),
    https: await port(8443),
    agent: await port(9480),
    admin: await port(9481),
    acme: await port(14000),
    acmeManagement: await port(15000),
    dns: await port(8053),
    dnsManagement: await port(8055),
  };
}
