/** What a plugin can be in a configuration. */
export type PluginRole =
  | 'scorer'
  | 'filter'
  | 'picker'
  | 'profile-handler'
  | 'decider'
  | 'producer'
  | 'detector'
  | 'ordering-policy'
  | 'fairness-policy'
  | 'usage-limit-policy'
  | 'admitter'
  | 'parser'
  | 'data-source'
  | 'extractor'
  | 'discovery'
  | 'other';

/** What a parameter of a plugin must be. */
export type ParameterRule =
  | { readonly kind: 'integer'; readonly min?: number }
  | { readonly kind: 'number'; readonly min?: number; readonly above?: number; readonly max?: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'text' }
  | { readonly kind: 'choice'; readonly names: readonly string[] }
  /** Go's durations: `200ms`, `1m30s`. */
  | { readonly kind: 'duration' }
  /** A document of its own, which is not looked into. */
  | { readonly kind: 'any' }
  | { readonly kind: 'map'; readonly of: Parameters }
  /** The name of another plugin of the file. */
  | { readonly kind: 'plugin'; readonly role: PluginRole };

export type Parameters = Readonly<Record<string, ParameterRule>>;

export interface Plugin {
  readonly roles: readonly PluginRole[];
  /** Alpha plugins stop the router unless it is started with `--allow-experimental-plugins`. */
  readonly stability: 'Alpha' | 'Beta';
  readonly deprecated?: { readonly since: string; readonly replacement: string };
  /**
   * Parameters by name. `none`: the plugin ignores whatever is written. Absent: not catalogued, so that nothing is
   * checked.
   */
  readonly parameters?: Parameters | 'none';
  /** Types of producers that must be listed: the router has no default for them. */
  readonly needs?: readonly string[];
}

/** Plugins by type. */
export type PluginTable = Readonly<Record<string, Plugin>>;
