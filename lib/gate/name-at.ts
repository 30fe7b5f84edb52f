import type { Service } from '../cluster/service.ts';
import { bracketed } from '../net/address.ts';

/** A name of a lineage, where it has to be seen. */
export interface NameAt {
  readonly name: string;
  /** null: on the target's httpsPort */
  readonly service: Service | null;
}

/** @param services null: on httpsPort alone */
export function namesAt(names: readonly string[], services: readonly Service[] | null): readonly NameAt[] {
  return (services ?? [null]).flatMap((service) => names.map((name) => ({ name, service })));
}

/** `www.example.com`, or `mail.example.com:993` where the port does not go without saying. */
export function wordsOfNameAt({ name, service }: NameAt): string {
  return service === null ? name : `${bracketed(name)}:${service.port}`;
}
