import { type ReplicateMoments, replicateMoments } from '../replicates.ts';
import type { Observation } from '../sampler/sampler.ts';
import type { SessionSetup } from './request.ts';
import type { SessionPoint } from './session-state.ts';

/** Told points as the sampler sees them. The only sign flip: objectives to maximise become losses. */
export function observe(setup: SessionSetup, points: readonly SessionPoint[]): Observation[] {
  const column = (read: (result: MeasuredResult) => readonly (readonly number[])[], j: number) =>
    replicateMoments(
      points.map(({ result }) => (result?.kind === 'measured' ? read(result).map((row) => row[j]!) : null)),
    );
  const objectives = setup.objectives.map((_, j) => column(({ values }) => values, j));
  const constraints = Array.from({ length: setup.constraintCount }, (_, c) => column((r) => r.constraints, c));
  return points.map(({ values, result }, i): Observation => {
    if (result?.kind !== 'measured') return { values, losses: null, lossVariances: [], slacks: [], slackVariances: [] };
    const at = (columns: readonly (readonly (ReplicateMoments | null)[])[]) => columns.map((rows) => rows[i]!);
    const losses = at(objectives);
    const slacks = at(constraints);
    return {
      values,
      losses: losses.map(({ mean }, j) => (setup.objectives[j]!.direction === 'maximize' ? -mean : mean)),
      lossVariances: losses.map(({ variance }) => variance),
      slacks: slacks.map(({ mean }) => mean),
      slackVariances: slacks.map(({ variance }) => variance),
    };
  });
}

type MeasuredResult = Extract<NonNullable<SessionPoint['result']>, { kind: 'measured' }>;
