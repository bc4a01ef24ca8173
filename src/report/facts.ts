import { isJsonObject, type Json } from '../base/json.ts';
import type { StudyPlan } from '../study/plan/study-plan.ts';

/** One line of what was tuned, for what. */
export interface Fact {
  readonly name: string;
  readonly value: string;
}

/** Model, GPU, instances, load and size of the study, as far as its documents say. */
export function studyFacts(plan: StudyPlan, trials: number): readonly Fact[] {
  const config = isJsonObject(plan.template.config) ? plan.template.config : {};
  const workload = isJsonObject(plan.workload) ? plan.workload : {};
  const facts: (Fact | null)[] = [
    { name: 'Tuned', value: `${plan.template.name}: ${plan.space.parameters.map(({ name }) => name).join(', ')}` },
    fact('Model', [config['model']]),
    fact('GPU', [config['hardware'], ['TP', config['tp']]]),
    fact('Instances', [config['num_instances']]),
    fact('Load', [
      [workload['aggregate_rate'], 'requests/s'],
      [workload['num_requests'], 'requests'],
    ]),
    fact('Workload', [
      plan.regimes === undefined ? clientsOf(workload) : plan.regimes.workloads.map(({ name }) => name).join(', '),
    ]),
    { name: 'Simulator', value: plan.simulator },
    {
      name: 'Study',
      value: `${trials} of ${plan.trials} trials, seeds ${plan.seeds.join(', ')}${plan.validation === null ? '' : `, fresh seeds ${plan.validation.seeds.join(', ')}`}`,
    },
  ];
  return facts.filter((one) => one !== null);
}

type Part = Json | undefined | readonly (Json | undefined)[];

/** Parts that the documents state as plain values, joined; null where there is none. */
function fact(name: string, parts: readonly Part[]): Fact | null {
  const said = parts.flatMap((part) => {
    const words = Array.isArray(part) ? (part as readonly (Json | undefined)[]) : [part as Json | undefined];
    const plain = words.every((word) => typeof word === 'string' || typeof word === 'number');
    return plain && words.join('') !== '' ? [words.join(' ')] : [];
  });
  return said.length === 0 ? null : { name, value: said.join(', ') };
}

function clientsOf(workload: Readonly<Record<string, Json>>): string {
  const clients = Array.isArray(workload['clients']) ? workload['clients'] : [];
  const classes = new Map<string, number>();
  for (const client of clients) {
    const name = isJsonObject(client) && typeof client['slo_class'] === 'string' ? client['slo_class'] : '';
    classes.set(name, (classes.get(name) ?? 0) + 1);
  }
  const named = [...classes].filter(([name]) => name !== '').map(([name, count]) => `${name} × ${count}`);
  if (clients.length === 0) return '';
  return `${clients.length} client${clients.length === 1 ? '' : 's'}${named.length === 0 ? '' : ` (${named.join(', ')})`}`;
}
