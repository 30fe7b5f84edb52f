import { valuesIn } from '../certbot/renewal-data.ts';
import type { ClusterNode } from '../cluster/config.ts';
import type { Bundle } from '../lineage/bundle.ts';
import type { InstalledRecord } from '../state/records.ts';

/** The ACME accounts that one sync brings: the first lineage that a node has taken brings its account for all that name it. */
export interface AccountsBrought {
  /** whether the node lacks the bundle's account, and this sync has not brought it */
  readonly isLacking: (node: ClusterNode, record: InstalledRecord, bundle: Bundle) => boolean;
  readonly add: (node: ClusterNode, bundle: Bundle) => void;
}

export function createAccountsBrought(): AccountsBrought {
  const brought = new Set<string>();
  const accountOf = ({ files }: Bundle) => valuesIn(files['renewal.conf'])('account');
  const keyOf = ({ name }: ClusterNode, bundle: Bundle) =>
    [name, valuesIn(bundle.files['renewal.conf'])('server'), accountOf(bundle)].join(' ');
  return {
    isLacking: (node, { lacksAccount }, bundle) =>
      lacksAccount !== undefined && lacksAccount === accountOf(bundle) && !brought.has(keyOf(node, bundle)),
    add: (node, bundle) => void brought.add(keyOf(node, bundle)),
  };
}
