import type { Completion, RequestView } from './scheduler.ts';

export interface LabelRules {
  readonly networkRtt: number;
  readonly cloudTimeMultiplier: number;
  /**
   * As published: the first member's time stands for its whole batch, and cloud times keep multiplier and round trip.
   * Otherwise each request gets its own time, in edge seconds.
   */
  readonly mixedLabels: boolean;
}

/** Calls `visit` with the time to learn for every finished request. */
export function eachLabel(
  completion: Completion,
  rules: LabelRules,
  visit: (request: RequestView, seconds: number) => void,
): void {
  if (completion.kind === 'cloud') {
    const { request, time } = completion;
    visit(request, rules.mixedLabels ? time : (time - rules.networkRtt) / rules.cloudTimeMultiplier);
    return;
  }
  const { requests, times } = completion;
  for (let i = 0; i < requests.length; i++) visit(requests[i]!, times[rules.mixedLabels ? 0 : i]!);
}
