import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { InputError, inputErrors } from '../../base/errors.ts';
import { parseYaml } from '../../document/yaml.ts';
import { type CarriedOver, carryOver, type KnownReplicates, notCarried } from '../carried.ts';
import type { ExtensionDocument } from '../plan/extension.ts';
import type { PlanSources } from '../plan/plan-sources.ts';
import type { StudyPlan } from '../plan/study-plan.ts';
import { PLAN_FILE } from './plan-file.ts';
import { shownSource } from './shown-source.ts';
import { type RecordedStudy, readRecorded, startedEntry } from './study-session.ts';

/** What is asked of a run that goes on from another one. */
export interface ExtensionWish {
  readonly trials?: number;
  /** Beyond those of the study. */
  readonly furtherSeeds: readonly number[];
}

/**
 * The documents of a study that goes on from a recorded run: those of the run, or of a study file that was changed since.
 * @param into - folder of the new run: the record tells where the old one lies seen from there
 * @throws InputError where the run has nothing to go on from
 */
export function extendedSources(
  recorded: RecordedStudy,
  folder: string,
  { wish, study, into }: { readonly wish: ExtensionWish; readonly study: PlanSources | null; readonly into: string },
): PlanSources {
  const measured = recorded.state.trials.filter(({ outcome }) => outcome !== null);
  if (measured.length === 0) throw new InputError('no trial has finished here yet', { position: { file: folder } });
  const base = study ?? recorded.sources;
  const seeds = study === null ? recorded.plan.seeds : seedsOf(study);
  const document: ExtensionDocument = {
    run: relative(resolve(into), resolve(folder)),
    plan: recorded.plan.hash,
    ...(wish.trials === undefined ? {} : { trials: wish.trials }),
    ...(wish.furtherSeeds.length === 0 ? {} : { seeds: [...new Set([...seeds, ...wish.furtherSeeds])] }),
    points: measured.map(({ values }) => values),
  };
  const source = parseYaml(JSON.stringify(document), join(folder, 'extension.json'));
  return { ...base, extension: shownSource(source) };
}

function seedsOf({ study }: PlanSources): readonly number[] {
  const { seeds } = study.value as { readonly seeds?: readonly number[] };
  return seeds ?? [];
}

/** What a study takes over, and in words what counts and what does not. */
export interface Carried {
  readonly known: KnownReplicates;
  readonly notes: readonly string[];
}

/**
 * What `plan` takes over from the run that it extends; nothing where it extends none.
 * @param from - that run, where it was just read; else it is looked for
 * @throws InputError where nothing of that run counts
 */
export async function carriedInto(
  into: string,
  plan: StudyPlan,
  { sources, from }: { readonly sources: () => PlanSources; readonly from?: RecordedStudy },
): Promise<Carried> {
  if (plan.extends === undefined) return { known: new Map(), notes: [] };
  const run = join(into, plan.extends.run);
  if (from === undefined && !existsSync(join(run, PLAN_FILE))) {
    return { known: new Map(), notes: [`${run} is not there: what it measured is measured again`] };
  }
  const recorded = from ?? (await readRecorded(run));
  if (recorded.plan.hash !== plan.extends.plan) {
    return { known: new Map(), notes: [`${run} is another run by now: what it measured is measured again`] };
  }
  const reasons = [...notCarried(recorded.plan, plan), ...otherPolicies(recorded.sources, sources())];
  if (reasons.length > 0) {
    throw inputErrors(
      reasons.map(
        (reason) =>
          new InputError(`nothing that was measured there counts here: ${reason}`, {
            position: { file: run },
            suggestion: 'name the run under `warm_start` of a study of its own',
          }),
      ),
    );
  }
  return usable(run, recorded, plan);
}

function usable(run: string, recorded: RecordedStudy, plan: StudyPlan): Carried {
  const { points, outside } = plan.extends!;
  if (points.length === 0) {
    throw new InputError(`none of its ${outside} vectors lies in the search space of this study`, {
      position: { file: run },
    });
  }
  if (plan.trials < points.length) {
    throw new InputError(`the budget of ${plan.trials} trials is below the ${points.length} that are taken over`, {
      suggestion: 'give more with --trials',
    });
  }
  const { tool, node } = startedOf(recorded);
  const own = startedEntry(plan);
  const aside = outside === 0 ? [] : [`${run}: ${outside} vectors lie outside of the search space and do not count`];
  if (plan.deterministic !== false && (tool !== own.tool || node !== own.node)) {
    const known = `${run}: recorded by paretune ${tool} on Node ${node}; its ${points.length} vectors are measured again`;
    return { known: new Map(), notes: [known, ...aside] };
  }
  const carried = carryOver(recorded.plan, recorded.state.trials, plan);
  return { known: carried.known, notes: [...carriedNotes(run, plan, carried), ...aside] };
}

function startedOf({ entries }: RecordedStudy): { readonly tool: string; readonly node: number } {
  const [first] = entries;
  if (first?.kind !== 'study-started') throw new RangeError('a journal begins with its study');
  return first;
}

function carriedNotes(run: string, plan: StudyPlan, { known, replicates, vectors }: CarriedOver): readonly string[] {
  const { points } = plan.extends!;
  const seen = new Set([...known.values()].flat().map(({ seed }) => seed));
  const anew = plan.seeds.filter((seed) => !seen.has(seed));
  const unmeasured = points.length - vectors;
  return [
    `${run}: ${replicates} simulations of ${vectors} vectors are taken over`,
    ...(anew.length === 0 ? [] : [`seed ${anew.join(', ')}: every vector is measured, those taken over too`]),
    ...(unmeasured <= 0
      ? []
      : [`${run}: ${unmeasured} vectors are measured again: what they came to does not count here`]),
  ];
}

function otherPolicies(from: PlanSources, to: PlanSources): readonly string[] {
  const texts = ({ policies }: PlanSources): string =>
    JSON.stringify(policies.map(({ text, imports = [] }) => [text, imports.map((one) => one.text)]));
  return texts(from) === texts(to) ? [] : ['other policy modules'];
}
