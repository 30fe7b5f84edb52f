import { list, shellWord, some, type Area } from './area.ts';

interface Named {
  readonly lineage: string;
}

interface ByDns extends Named {
  readonly names: readonly string[];
  readonly authenticator: string;
  /** the file that its plugin reads; null: it names none */
  readonly credentials: string | null;
  /** the ACME server; null: certbot's default */
  readonly server: string | null;
  /** the configuration says who publishes records */
  readonly hasDns: boolean;
}

/** The command that issues a lineage again with the hooks, whether it is due or not. */
function anew({ lineage, names, server }: Pick<ByDns, 'lineage' | 'names' | 'server'>): string {
  const all = names.map((name) => `-d ${shellWord(name)}`).join(' ') || '-d NAME';
  const at = server === null ? '' : ` --server ${shellWord(server)}`;
  return `certbot-ha certonly --cert-name ${shellWord(lineage)}${at} --force-renewal ${all}`;
}

/** A lineage that something else renews, and that certbot-ha's hooks are to renew. */
export const ADOPTION = {
  'adoption-by-dns': ({ lineage, names, authenticator, credentials, server, hasDns }: ByDns) => [
    `${lineage}: renewed by DNS-01 (${authenticator}), which certbot-ha does not replace: it stays as it is`,
    ...(hasDns
      ? []
      : [
          `to have the hooks write the records, first add dns to the configuration; docs/dns-01.md tells what to write there for ${credentials ?? `what ${authenticator} has`}`,
        ]),
    `${hasDns ? 'to have the hooks write the records' : 'then'}: ${anew({ lineage, names, server })} --preferred-challenges dns`,
    // Nothing but DNS-01 proves a wildcard.
    ...(names.some((name) => name.startsWith('*.'))
      ? []
      : ['to change it to HTTP-01: the same with --preferred-challenges http']),
  ],
  'adoption-of-wildcard': ({ lineage, names }: Named & { readonly names: readonly string[] }) => [
    `${lineage}: HTTP-01 cannot prove ${list(names, 'it')}: the lineage stays as it is`,
    `to have the hooks write the records: add dns to the configuration, then certbot-ha certonly --cert-name ${shellWord(lineage)} --force-renewal -d NAME, with all its names`,
  ],
  'adoption-with-subset': ({ lineage, file }: Named & { readonly file: string }) => [
    `${lineage}: allow_subset_of_names: a renewal may lose names, and the other nodes refuse it then`,
    `to have all names or none: sed -i.before '/^allow_subset_of_names/d' ${shellWord(file)}`,
  ],
  'adoption-other-installer': ({
    lineage,
    installer,
    kind,
  }: Named & Readonly<Record<'installer' | 'kind', string>>) => [
    `${lineage}: certbot reloads ${installer} after each renewal, and certbot-ha would not: webServer.kind is ${kind}`,
    `set certificates.lineages.${lineage}.reload, or webServer.kind, in the configuration of every node`,
  ],
  'certbot-at-work': ({ configDir, pid }: { readonly configDir: string; readonly pid: number }) =>
    `${configDir}: certbot is running (process ${pid}): nothing is changed before it has ended`,
  'reconfigure-failed': ({ lineage, end }: Named & { readonly end: string }) => [
    `${lineage}: certbot reconfigure has failed (${end}): the lineage is renewed as before`,
    `it made a dry run at the CA: its words are above, and in letsencrypt.log`,
    `without it, if this node cannot reach the CA's test server: certbot-ha adopt --no-reconfigure ${shellWord(lineage)}`,
  ],
  'hook-kept': ({ lineage, option, command }: Named & Readonly<Record<'option' | 'command', string>>) => [
    `${lineage}: ${option} stays, on this node alone: ${command}`,
    ...(option === 'deploy-hook'
      ? [
          'it runs behind certbot-ha-deploy; for a reload on every node, use certificates.lineages in the configuration',
          `if it copies certificates to other nodes, which certbot-ha does: certbot-ha adopt --drop-hooks ${shellWord(lineage)}`,
        ]
      : ['the web server has to run while challenges are presented; to leave it out: --drop-hooks']),
  ],
  'pre-hooks-stop': ({ files }: { readonly files: readonly string[] }) => [
    `${some(files)}: seems to stop something before each renewal`,
    'a web server that is stopped serves no challenge: remove it when no lineage needs --standalone any more',
  ],
  'not-adopted': ({ lineage }: Named) =>
    `${lineage}: the drill has not passed: the lineage is renewed as before`,
  'adoption-interrupted': ({ lineages }: { readonly lineages: readonly string[] }) =>
    `interrupted: renewed as before: ${some(lineages)}`,
} satisfies Area;
