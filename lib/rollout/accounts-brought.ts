import { accountDirectory } from '../certbot/config-dir.ts';
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
  const keyOf = ({ name }: ClusterNode, account: string) => `${name} ${account}`;
  return {
    isLacking: (node, { lacksAccount, lacksServer }, bundle) => {
      const { account, server } = renewedBy(bundle);
      if (lacksAccount === undefined || lacksAccount !== account) return false;
      // One of the same key that another CA knows would not help there.
      const isOfServer =
        lacksServer === undefined || placeOf(lacksAccount, lacksServer) === placeOf(account, server);
      return isOfServer && !brought.has(keyOf(node, placeOf(account, server)));
    },
    add: (node, bundle) => {
      const { account, server } = renewedBy(bundle);
      brought.add(keyOf(node, placeOf(account ?? '', server)));
    },
  };
}

function renewedBy({ files }: Bundle) {
  const value = valuesIn(files['renewal.conf']);
  return { account: value('account'), server: value('server') ?? '' };
}

/** Certbot goes by a part of the URL. */
function placeOf(account: string, server: string): string {
  return accountDirectory('/', { account, server });
}
