import { buildReport } from '../report/build-report.ts';
import type { StudyReport } from '../report/study-report.ts';
import { packageVersion } from '../study/io/package-file.ts';
import { type LiveState, liveState } from './live-page.ts';
import type { Snapshot } from './run-watch.ts';

/** What a run came to so far; every reader of one snapshot is told the same, which is computed once. */
interface SnapshotAnswers {
  /** Without models. */
  readonly report: StudyReport;
  state?: LiveState;
  stateText?: string;
}

const answers = new WeakMap<Snapshot, SnapshotAnswers>();

function answersOf(snapshot: Snapshot): SnapshotAnswers {
  const known = answers.get(snapshot);
  if (known !== undefined) return known;
  const own = { report: buildReport(snapshot.plan, snapshot.state, packageVersion(), 'figures') };
  answers.set(snapshot, own);
  return own;
}

export function figuresOf(snapshot: Snapshot): StudyReport {
  return answersOf(snapshot).report;
}

export function stateOf(snapshot: Snapshot): LiveState {
  const own = answersOf(snapshot);
  own.state ??= liveState(own.report, snapshot.plan.trials);
  return own.state;
}

/** The same as JSON. */
export function stateTextOf(snapshot: Snapshot): string {
  const own = answersOf(snapshot);
  own.stateText ??= JSON.stringify(stateOf(snapshot));
  return own.stateText;
}
