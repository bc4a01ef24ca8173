import { InputError } from '../../../base/errors.ts';
import type { JsonObject } from '../../../base/json.ts';
import { shortText } from '../../../base/short-text.ts';
import type { PolicyModule, PolicyModules } from '../../simulator.ts';
import type { EngineHooks } from './policy.ts';
import { guarded, messageOf, requireHooks } from './policy-border.ts';
import { PolicyError } from './policy-error.ts';

/**
 * Default export of a policy module for the cluster: makes the extension points of one run. Called anew for every
 * run, so state in the returned objects never leaks from one run into another.
 * @param settings - the map below the key `policy` of the strategy's configuration, holes filled
 */
export type ClusterPolicy = (settings: JsonObject) => EngineHooks;

/** Hooks that only one module may provide. */
const SINGLE = ['admission', 'scheduler', 'priority', 'prefillThreshold', 'stepTokens', 'pause', 'kvTier'] as const;

/** The joint hooks of all modules. @throws InputError where two provide the same thing */
export function policyHooks(modules: PolicyModules, settings: JsonObject): EngineHooks {
  if (modules === 'not-loaded') throw new RangeError('a simulation needs the modules of its policies');
  let joined: EngineHooks = {};
  for (const module of modules) joined = join(joined, create(module, settings), module.file);
  return joined;
}

function create(module: PolicyModule, settings: JsonObject): EngineHooks {
  const position = { file: module.file };
  if (typeof module.create !== 'function') {
    throw new InputError('the default export must be a function from settings to hooks', { position });
  }
  const hooks = asked(module.create as (settings: JsonObject) => unknown, settings, module.file);
  if (typeof hooks !== 'object' || hooks === null) {
    throw new InputError('the default export must return an object of hooks', { position });
  }
  requireHooks(hooks, module.file);
  return guarded(hooks, module);
}

function asked(create: (settings: JsonObject) => unknown, settings: JsonObject, file: string): unknown {
  try {
    return create(settings);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new PolicyError(file, `the default export failed with ${messageOf(error)}`);
  }
}

function join(first: EngineHooks, second: EngineHooks, file: string): EngineHooks {
  const clash = [
    ...SINGLE.filter((name) => first[name] !== undefined && second[name] !== undefined),
    ...Object.keys(second.scorers ?? {}).filter((name) => Object.hasOwn(first.scorers ?? {}, name)),
  ][0];
  if (clash !== undefined) {
    throw new InputError(`another policy module already provides ${shortText(clash)}`, { position: { file } });
  }
  return { ...first, ...second, scorers: { ...first.scorers, ...second.scorers } };
}
