import { join } from 'node:path';
import { createRecords } from '../../lib/state/records.ts';

/** The directories of an agent's deliveries, all below one of the test's. */
export function deliveriesBelow(directory: string) {
  return {
    inbox: join(directory, 'inbox'),
    requests: join(directory, 'requests'),
    nodes: ['web1', 'web2', 'web3'],
    records: createRecords(directory),
  };
}
