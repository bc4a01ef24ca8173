import type { JsonObject } from '../../base/json.ts';

export interface ExportedPlugin {
  readonly type: string;
  /** The type where absent. */
  readonly name?: string;
  readonly parameters?: JsonObject;
}

/** Plugins of a file in the order in which they were first needed. */
export class PluginList {
  readonly #plugins: ExportedPlugin[] = [];

  /** @returns the name to refer to it by */
  add(plugin: ExportedPlugin): string {
    const name = plugin.name ?? plugin.type;
    if (!this.#plugins.some((one) => (one.name ?? one.type) === name)) this.#plugins.push(plugin);
    return name;
  }

  has(type: string): boolean {
    return this.#plugins.some((one) => one.type === type);
  }

  types(): readonly string[] {
    return [...new Set(this.#plugins.map(({ type }) => type))];
  }

  written(): readonly JsonObject[] {
    return this.#plugins.map(({ name, type, parameters }) => ({
      ...(name === undefined ? {} : { name }),
      type,
      ...(parameters === undefined || Object.keys(parameters).length === 0 ? {} : { parameters }),
    }));
  }
}
