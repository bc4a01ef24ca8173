import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { type Findings, type PluginsByName, undefinedPlugin } from './findings.ts';
import type { FlowControl, PickerConfig, PriorityBand } from './picker-config.ts';
import type { PluginRole } from './plugin.ts';

/** Policies that the router lists by itself. */
const DEFAULTS: readonly string[] = [
  'utilization-detector',
  'fcfs-ordering-policy',
  'global-strict-fairness-policy',
  'static-usage-limit-policy',
];

/** Whether the queue in front of the scheduler is on. */
export function hasFlowControl({ featureGates }: PickerConfig): boolean {
  const gate = featureGates.findLast((one) => one.split('=')[0] === 'flowControl');
  return gate !== undefined && !/^(false|0|f)$/i.test(gate.split('=')[1]?.trim() ?? 'true');
}

export function flowControlFindings(config: PickerConfig, known: PluginsByName): Findings {
  const { flowControl } = config;
  if (flowControl === null) return { problems: [], warnings: [] };
  const detector = reference(flowControl.saturationDetector, 'detector', ['saturationDetector', 'pluginRef']);
  if (!hasFlowControl(config)) {
    // Without the gate the detector alone counts.
    return { problems: wrongRefs([detector], known), warnings: idle(flowControl) };
  }
  const refs = [
    detector,
    reference(flowControl.usageLimitPolicyPluginRef, 'usage-limit-policy', ['usageLimitPolicyPluginRef']),
    ...bands(flowControl).flatMap(({ band, path }) => [
      reference(band.orderingPolicyRef, 'ordering-policy', [...path, 'orderingPolicyRef']),
      reference(band.fairnessPolicyRef, 'fairness-policy', [...path, 'fairnessPolicyRef']),
    ]),
  ];
  return { problems: wrongRefs(refs, known), warnings: [] };
}

interface Reference {
  readonly ref: string | null;
  readonly role: PluginRole;
  readonly path: readonly (string | number)[];
}

function reference(ref: string | null, role: PluginRole, path: readonly (string | number)[]): Reference {
  return { ref, role, path: ['flowControl', ...path] };
}

function bands(
  flowControl: FlowControl,
): readonly { readonly band: PriorityBand; readonly path: readonly (string | number)[] }[] {
  const single = (['defaultPriorityBand', 'defaultNegativePriorityBand'] as const).flatMap((key) => {
    const band = flowControl[key];
    return band === null ? [] : [{ band, path: [key] }];
  });
  return [...flowControl.priorityBands.map((band, i) => ({ band, path: ['priorityBands', i] })), ...single];
}

function wrongRefs(refs: readonly Reference[], known: PluginsByName): readonly InputError[] {
  return refs.flatMap(({ ref, role, path }) => {
    if (ref === null) return [];
    const found = known.get(ref);
    if (found === undefined) return DEFAULTS.includes(ref) ? [] : [undefinedPlugin(ref, path)];
    return found.plugin.roles.includes(role)
      ? []
      : [new InputError(`plugin ${shortText(ref)} is no ${role}`, { path })];
  });
}

function idle({ saturationDetector: _, ...rest }: FlowControl): readonly InputError[] {
  const set = Object.values(rest).some(
    (value) => value !== null && value !== false && !(Array.isArray(value) && value.length === 0),
  );
  if (!set) return [];
  return [
    new InputError('counts only with `featureGates: [flowControl]`: the router ignores all but saturationDetector', {
      path: ['flowControl'],
    }),
  ];
}
