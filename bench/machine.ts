import { cpus, totalmem } from 'node:os';

/** What figures were measured on: `2 cores (AMD EPYC), 24 GiB`. */
export function machine(): string {
  return `${cpus().length} cores (${cpus()[0]?.model}), ${Math.round(totalmem() / 2 ** 30)} GiB`;
}
