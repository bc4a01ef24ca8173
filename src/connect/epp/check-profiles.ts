import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { disaggregationOf } from './disaggregation.ts';
import { type PluginsByName, undefinedPlugin } from './findings.ts';
import type { PickerConfig, SchedulingProfile } from './picker-config.ts';

const IN_PROFILES = ['scorer', 'filter', 'picker'] as const;

/** Profiles, what they refer to, and the handler that chooses among them. */
export function profileProblems(config: PickerConfig, known: PluginsByName): readonly InputError[] {
  const profiles = config.profiles ?? [];
  return [
    ...profiles.flatMap((profile, index) => [
      ...(profiles.findIndex(({ name }) => name === profile.name) < index
        ? [new InputError(`profile ${shortText(profile.name)} is given twice`, { path: ['schedulingProfiles', index] })]
        : []),
      ...memberProblems(profile, known).map((one) => one.at({ prefix: ['schedulingProfiles', index] })),
    ]),
    ...handlerProblems(config, known),
  ];
}

function memberProblems({ name, plugins }: SchedulingProfile, known: PluginsByName): readonly InputError[] {
  const problems = plugins.flatMap(({ ref, weight }, index) => {
    const found = known.get(ref);
    const path = ['plugins', index, 'pluginRef'];
    if (found === undefined) return [undefinedPlugin(ref, path)];
    if (!IN_PROFILES.some((role) => found.plugin.roles.includes(role))) {
      return [new InputError(`plugin ${ref} is no scorer, filter or picker`, { path })];
    }
    if (weight !== null && weight < 0 && found.plugin.roles.includes('scorer')) {
      return [
        new InputError(`plugin ${ref}: a weight must be ≥ 0, got ${weight}: it would prefer the worst`, {
          path: ['plugins', index, 'weight'],
        }),
      ];
    }
    return [];
  });
  const pickers = plugins.filter(({ ref }) => known.get(ref)?.plugin.roles.includes('picker'));
  if (pickers.length > 1) {
    const names = pickers.map(({ ref }) => ref).join(', ');
    problems.push(
      new InputError(`profile ${shortText(name)} has ${pickers.length} pickers: ${names}`, { path: ['plugins'] }),
    );
  }
  return problems;
}

function handlerProblems(config: PickerConfig, known: PluginsByName): readonly InputError[] {
  const handlers = config.plugins.flatMap((listed, index) =>
    known.get(listed.name)?.plugin.roles.includes('profile-handler') ? [{ listed, index }] : [],
  );
  const profiles = config.profiles ?? [];
  const [handler, second] = handlers;
  if (second !== undefined) {
    return [
      new InputError(`plugin ${second.listed.type} is a second profile handler beside ${handler!.listed.type}`, {
        path: ['plugins', second.index],
        suggestion: 'keep one',
      }),
    ];
  }
  if (profiles.length > 1 && (handler === undefined || handler.listed.type === 'single-profile-handler')) {
    const why = handler === undefined ? 'no profile handler chooses among them' : 'single-profile-handler takes one';
    return [
      new InputError(`${profiles.length} profiles, but ${why}`, {
        path: ['schedulingProfiles'],
        suggestion: 'list disagg-profile-handler, or keep one profile',
      }),
    ];
  }
  return handler?.listed.type === 'disagg-profile-handler' ? disaggregatedProblems(config, handler.index) : [];
}

/** The router finds a missing profile with the first request only. */
function disaggregatedProblems(config: PickerConfig, index: number): readonly InputError[] {
  const { profiles, deciders } = disaggregationOf(config.plugins[index]!.parameters);
  const names = (config.profiles ?? []).map(({ name }) => name);
  const stages = [
    'decode',
    ...(deciders.prefill === null ? [] : ['prefill']),
    ...(deciders.encode === null ? [] : ['encode']),
  ] as const;
  return stages
    .filter((stage) => !names.includes(profiles[stage as keyof typeof profiles]))
    .map(
      (stage) =>
        new InputError(
          `plugin disagg-profile-handler needs the ${stage} profile ${shortText(profiles[stage as keyof typeof profiles])}, but profiles are ${names.map(shortText).join(', ') || 'none'}`,
          {
            path: ['plugins', index],
            suggestion: `add a profile of that name, or name it in parameters.profiles.${stage}`,
          },
        ),
    );
}
