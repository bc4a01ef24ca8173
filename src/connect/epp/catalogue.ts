import { CONTROL_PLUGINS } from './control-plugins.ts';
import type { PluginTable } from './plugin.ts';
import { SCHEDULING_PLUGINS } from './scheduling-plugins.ts';

/** What one version of llm-d's router registers. */
export interface Catalogue {
  readonly version: string;
  /** Commit that it was read from. */
  readonly commit: string;
  readonly plugins: PluginTable;
  readonly featureGates: readonly string[];
}

const PLUGINS: PluginTable = { ...SCHEDULING_PLUGINS, ...CONTROL_PLUGINS };
const FEATURE_GATES = ['dataLayer', 'enableLegacyMetrics', 'flowControl'];

/** The two register the same plugins with the same parameters. */
const CATALOGUES: readonly [Catalogue, ...Catalogue[]] = [
  { version: 'v0.10.0', commit: '71f4f099', plugins: PLUGINS, featureGates: FEATURE_GATES },
  { version: 'main', commit: 'ebab6879', plugins: PLUGINS, featureGates: FEATURE_GATES },
];

export const ROUTER_VERSIONS: readonly string[] = CATALOGUES.map(({ version }) => version);

/** The catalogue of a version out of `ROUTER_VERSIONS`; the newest release by default. */
export function catalogueOf(version = CATALOGUES[0].version): Catalogue {
  const found = CATALOGUES.find((one) => one.version === version);
  if (found === undefined) throw new RangeError(`no catalogue of router ${version}`);
  return found;
}
