import { VERSION } from '../../base/version.ts';
import { digestOf } from '../../cluster/digest.ts';
import { bracketed } from '../../net/address.ts';
import { counted } from '../../base/counted.ts';
import { complaint, judged, skipped, type Check } from '../check.ts';

/** Every agent works by the configuration that this node's file has now, and is of the same version. */
export const alike: Check = {
  name: 'same configuration',
  run: async ({ cluster: { config }, agents }) => {
    const told = (await agents())?.filter(({ answer }) => answer.isOk) ?? [];
    if (told.length === 0) return skipped('no agent answers');
    const own = digestOf(config);
    const complaints = told.flatMap(({ node, isSelf, answer }) => {
      if (!answer.isOk) return [];
      const { version, configuration } = answer.body;
      // Two versions may read one file differently.
      if (version !== VERSION)
        return [complaint('warn', { code: 'version-differs', version, here: VERSION }, { on: node })];
      if (configuration === undefined || configuration === own) return [];
      const code = isSelf ? 'configuration-not-loaded' : 'configuration-differs';
      const { file } = config;
      const scp = `scp ${file} root@${bracketed(node.address)}:${file} && ssh root@${node.address} systemctl restart certbot-ha-agent`;
      return [complaint('fail', { code, file }, { on: node, ...(isSelf ? {} : { next: scp }) })];
    });
    return judged(complaints, `${counted(told.length, 'agent')}, version ${VERSION}`);
  },
};
