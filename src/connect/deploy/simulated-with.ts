import type { Json } from '../../base/json.ts';
import type { ClusterSettings, SettingKey } from '../../simulators/cluster/settings/cluster-settings.ts';

/** How the router was simulated, where a file for the router cannot say it. */
export const ROUTER_KEYS = ['prefix_block_tokens', 'prefix_lru_blocks', 'precise_prefix'] as const;
/** Of engines: blocks that no flag asks for. */
export const ENGINE_KEYS = ['total_kv_blocks'] as const;
const KEYS: readonly string[] = [...ROUTER_KEYS, ...ENGINE_KEYS];
const LEAD = 'simulated with: ';

/** A line of comment. */
export function simulatedWith(settings: ClusterSettings, keys: readonly SettingKey[]): string {
  return `${LEAD}${keys.map((key) => `${key}=${String(settings[key])}`).join(' ')}`;
}

/** Settings that the comments of exported files name; none in other files. */
export function readSimulatedWith(text: string): Readonly<Record<string, Json>> {
  const lines = [...text.matchAll(new RegExp(`^\\s*# ${LEAD}(.*)$`, 'gm'))];
  const pairs = lines.flatMap(([, line]) => line!.split(' ').map((pair) => pair.split('=')));
  return Object.fromEntries(
    pairs.flatMap(([key, value]) =>
      key !== undefined && KEYS.includes(key) && value !== undefined
        ? [[key, /^\d+$/.test(value) ? Number(value) : value]]
        : [],
    ),
  );
}
