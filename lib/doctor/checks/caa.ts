import { join } from 'node:path';
import * as v from 'valibot';
import { accountDirectory, renewalConfOf } from '../../certbot/config-dir.ts';
import { challengeIn, isAccount, isServer, valuesIn } from '../../certbot/renewal-data.ts';
import { currentGeneration } from '../../lineage/current.ts';
import { listOurs } from '../../lineage/list.ts';
import { isIpAddress } from '../../net/address.ts';
import { mayBePublic } from '../../net/public-name.ts';
import { orNone, textOf } from '../../system/read-file.ts';
import { caOf, judgeCaa, type Asked } from '../caa-judged.ts';
import { createAskCaa, findCaa, type AskCaa } from '../caa-records.ts';
import { counted } from '../../base/counted.ts';
import { complaint, judged, skipped, type Check, type Complaint } from '../check.ts';

interface Wanted extends Asked {
  readonly name: string;
}

/** The CAA records of every name let the CA issue, for this account, by the challenge that proves it. */
export const caa: Check = {
  name: 'caa',
  run: async ({ cluster: { config }, signal }) => {
    const wanted = await wantedIn(config.certificates.configDir);
    if (wanted.length === 0) return skipped('no lineage here has a name of public DNS');
    return judged(
      await complaintsOf(wanted, await createAskCaa(signal)),
      `${counted(wanted.length, 'name')}: nothing forbids the CA to issue`,
    );
  },
};

const OF_RESOLVER: ReadonlySet<string> = new Set(['ETIMEOUT', 'ECONNREFUSED', 'ECANCELLED']);

export async function complaintsOf(wanted: readonly Wanted[], ask: AskCaa): Promise<readonly Complaint[]> {
  const errors = new Set<string>();
  const seen = await Promise.all(wanted.map(async (one) => ({ one, found: await findCaa(one.name, ask) })));
  return seen.flatMap(({ one, found }) => {
    if (found.kind === 'none') return [];
    if (found.kind === 'records') {
      const finding = judgeCaa(one.name, found, one);
      return finding === null ? [] : [complaint('fail', finding)];
    }
    // A resolver that does not answer does so for every name; a zone that is broken is one of many.
    if (OF_RESOLVER.has(found.error) && errors.has(found.error)) return [];
    errors.add(found.error);
    return [complaint('warn', { code: 'caa-not-looked-up', name: one.name, error: found.error })];
  });
}

/** Every name that the lineages of this node are for, once. */
async function wantedIn(configDir: string): Promise<readonly Wanted[]> {
  const all = await Promise.all(
    (await listOurs(configDir)).map(async (lineage) => await wantedOf(configDir, lineage)),
  );
  return [...new Map(all.flat().map((one) => [`${one.name} ${one.isWildcard}`, one])).values()];
}

async function wantedOf(configDir: string, lineage: string): Promise<readonly Wanted[]> {
  const current = await orNone(currentGeneration(configDir, lineage), null);
  const conf = await orNone(textOf(renewalConfOf(configDir, lineage)), null);
  const value = valuesIn(conf ?? '');
  const [server, id] = [value('server') ?? '', value('account') ?? ''];
  const account =
    isServer(server) && isAccount(id)
      ? await urlOf(accountDirectory(configDir, { server, account: id }))
      : null;
  const challengeOf = challengeIn(conf ?? '');
  // Of names that public DNS does not know, the CA has its own.
  return (current?.names ?? []).flatMap((given) => {
    const method = challengeOf(given);
    const name = given.replace(/^\*\./, '');
    if (method === null || isIpAddress(name) || !mayBePublic(name)) return [];
    return [{ name, ca: caOf(server), account, method, isWildcard: name !== given }];
  });
}

const registration = v.pipe(v.string(), v.parseJson(), v.object({ uri: v.string() }));

/** The account's URL at the CA, as certbot has noted it. */
async function urlOf(directory: string): Promise<string | null> {
  const read = v.safeParse(registration, await orNone(textOf(join(directory, 'regr.json')), null));
  return read.success ? read.output.uri : null;
}
