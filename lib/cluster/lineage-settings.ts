import type { Config } from './config.ts';
import type { Service } from './service.ts';

/** What the configuration says of a lineage, with what holds for all where it says nothing. */
export interface LineageSettings {
  /** where each target has to serve it; none: nowhere; null: on its httpsPort, if it is in use there */
  readonly served: readonly Service[] | null;
  /** null: the web server's */
  readonly test: readonly (readonly string[])[] | null;
  readonly reload: readonly (readonly string[])[] | null;
  /** `holder`: what serves it runs, or listens, only where the VIP is */
  readonly runsOn: 'all' | 'holder';
}

/** @param lineage its name, whether there is one or not */
export function settingsOf(
  { certificates, webServer }: Pick<Config, 'certificates' | 'webServer'>,
  lineage: string,
): LineageSettings {
  const { lineages } = certificates;
  const own = Object.hasOwn(lineages, lineage) ? lineages[lineage] : undefined;
  // A lineage with commands of its own is none of the web server's, unless its own test names it.
  const isApart = (own?.reload ?? null) !== null;
  return {
    served: own?.served ?? null,
    test: own?.test ?? (isApart ? [] : null),
    reload: own?.reload ?? null,
    runsOn: own?.runsOn ?? webServer.runsOn,
  };
}
