import { InputError, unknownName } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import type { Catalogue } from './catalogue.ts';
import { flowControlFindings } from './check-flow-control.ts';
import { parameterProblems } from './check-parameters.ts';
import { profileProblems } from './check-profiles.ts';
import { type Findings, type PluginsByName, undefinedPlugin } from './findings.ts';
import type { ListedPlugin, PickerConfig } from './picker-config.ts';
import type { ParameterRule, Parameters, Plugin, PluginRole } from './plugin.ts';

/** Checks a configuration against the plugins of a router. */
export function checkConfig(config: PickerConfig, catalogue: Catalogue): Findings {
  const known = byName(config, catalogue);
  const flow = flowControlFindings(config, known);
  const problems = [
    ...gateProblems(config, catalogue),
    ...config.plugins.flatMap((listed, index) => pluginProblems(listed, index, config, catalogue)),
    ...profileProblems(config, known),
    ...flow.problems,
    ...referenceProblems(config, known),
    ...producerProblems(config, known),
  ];
  return {
    problems,
    warnings: [...pluginWarnings(config, catalogue), ...weightWarnings(config, known), ...flow.warnings],
  };
}

export function byName(config: PickerConfig, catalogue: Catalogue): PluginsByName {
  return new Map(
    config.plugins.flatMap((listed) => {
      const plugin = pluginOf(listed.type, catalogue);
      return plugin === undefined ? [] : [[listed.name, { listed, plugin }] as const];
    }),
  );
}

function pluginOf(type: string, { plugins }: Catalogue): Plugin | undefined {
  return Object.hasOwn(plugins, type) ? plugins[type] : undefined;
}

function gateProblems({ featureGates }: PickerConfig, catalogue: Catalogue): readonly InputError[] {
  return featureGates.flatMap((gate, index) => {
    const [name, value] = gate.split('=');
    const path = ['featureGates', index];
    if (!catalogue.featureGates.includes(name!)) {
      return [unknownName('feature gate', name!, catalogue.featureGates, { path })];
    }
    return value === undefined || /^(true|false|1|0|t|f)$/i.test(value.trim())
      ? []
      : [new InputError(`feature gate ${shortText(gate)} must be set to true or false`, { path })];
  });
}

function pluginProblems(
  { name, type, parameters }: ListedPlugin,
  index: number,
  { plugins }: PickerConfig,
  catalogue: Catalogue,
): readonly InputError[] {
  const path = ['plugins', index];
  const problems: InputError[] = [];
  if (plugins.findIndex((other) => other.name === name) < index) {
    problems.push(
      new InputError(`plugin name ${shortText(name)} is given twice`, { path, suggestion: 'give one a `name`' }),
    );
  }
  const plugin = pluginOf(type, catalogue);
  if (plugin === undefined) {
    problems.push(unknownName('plugin type', type, Object.keys(catalogue.plugins), { path: [...path, 'type'] }));
  } else if (plugin.parameters !== undefined && plugin.parameters !== 'none') {
    problems.push(
      ...parameterProblems(type, parameters, plugin.parameters).map((one) =>
        one.at({ prefix: [...path, 'parameters'] }),
      ),
    );
  }
  return problems;
}

/** What the router starts with, and ignores or regrets. */
function pluginWarnings({ plugins }: PickerConfig, catalogue: Catalogue): readonly InputError[] {
  return plugins.flatMap(({ type, parameters }, index) => {
    const plugin = pluginOf(type, catalogue);
    const path = ['plugins', index];
    const warnings: InputError[] = [];
    if (plugin?.parameters === 'none' && Object.keys(parameters).length > 0) {
      const names = Object.keys(parameters).map(shortText).join(', ');
      warnings.push(
        new InputError(`plugin ${type} has no parameters: the router ignores ${names}`, {
          path: [...path, 'parameters'],
        }),
      );
    }
    if (plugin?.deprecated !== undefined) {
      const { since, replacement } = plugin.deprecated;
      warnings.push(
        new InputError(`plugin ${type} is deprecated since ${since}`, { path, suggestion: `use ${replacement}` }),
      );
    }
    if (plugin?.stability === 'Alpha') {
      warnings.push(
        new InputError(`plugin ${type} is Alpha: the router stops at it`, {
          path,
          suggestion: 'start the router with --allow-experimental-plugins',
        }),
      );
    }
    return warnings;
  });
}

function weightWarnings({ profiles }: PickerConfig, known: PluginsByName): readonly InputError[] {
  return (profiles ?? []).flatMap(({ plugins }, profile) =>
    plugins.flatMap(({ ref, weight }, index) => {
      const plugin = known.get(ref)?.plugin;
      if (weight === null || plugin === undefined) return [];
      const path = ['schedulingProfiles', profile, 'plugins', index, 'weight'];
      if (!plugin.roles.includes('scorer')) {
        return [new InputError(`plugin ${ref} is no scorer: the router ignores its weight`, { path })];
      }
      return weight === 0 ? [new InputError(`plugin ${ref} has weight 0: its score does not count`, { path })] : [];
    }),
  );
}

/** Names of other plugins in parameters and in the sections beside the profiles. */
function referenceProblems(config: PickerConfig, known: PluginsByName): readonly InputError[] {
  const missing = config.otherRefs
    .filter(({ ref }) => !known.has(ref))
    .map(({ ref, path }) => undefinedPlugin(ref, path));
  const inParameters = config.plugins.flatMap(({ type, parameters }, index) => {
    const rules = known.get(config.plugins[index]!.name)?.plugin.parameters;
    if (rules === undefined || rules === 'none') return [];
    return parameterRefs(parameters, rules).flatMap(({ ref, role, path }) => {
      const at = ['plugins', index, 'parameters', ...path];
      const found = known.get(ref);
      // The router makes these by itself under their own names.
      if (found === undefined && MADE_BY_DEFAULT.includes(ref)) return [];
      if (found === undefined) return [undefinedPlugin(ref, at, `plugin ${type}: `)];
      return found.plugin.roles.includes(role)
        ? []
        : [new InputError(`plugin ${type}: ${shortText(ref)} is no ${role}`, { path: at })];
    });
  });
  return [...missing, ...inParameters];
}

const MADE_BY_DEFAULT = ['approx-prefix-cache-producer', 'inflight-load-producer', 'token-producer'];

function parameterRefs(
  given: Readonly<Record<string, unknown>>,
  rules: Parameters,
): readonly { readonly ref: string; readonly role: PluginRole; readonly path: readonly string[] }[] {
  return Object.entries(given).flatMap(([key, value]) => {
    const rule: ParameterRule | undefined = Object.hasOwn(rules, key) ? rules[key] : undefined;
    if (rule?.kind === 'map' && typeof value === 'object' && value !== null) {
      return parameterRefs(value as Record<string, unknown>, rule.of).map((one) => ({
        ...one,
        path: [key, ...one.path],
      }));
    }
    if (rule?.kind !== 'plugin' || typeof value !== 'string' || value === '') return [];
    return [{ ref: value, role: rule.role, path: [key] }];
  });
}

/** Producers without a default that a plugin reads from. */
function producerProblems({ plugins }: PickerConfig, known: PluginsByName): readonly InputError[] {
  const types = plugins.map(({ type }) => type);
  return plugins.flatMap(({ name, type, parameters }, index) => {
    const byPredictor = parameters['ttftSource'] === 'latencyPredictor' ? ['predicted-latency-producer'] : [];
    const needs = [...(known.get(name)?.plugin.needs ?? []), ...byPredictor];
    return needs
      .filter((need) => !types.includes(need))
      .map(
        (need) =>
          new InputError(`plugin ${type} needs ${need}, which the router does not add by itself`, {
            path: ['plugins', index],
            suggestion: `list \`- type: ${need}\``,
          }),
      );
  });
}
