import { isJsonObject, type JsonObject } from '../../base/json.ts';

/** End of the last cohort of a converted document, µs. */
export function endOfSpikes(document: JsonObject): number {
  const cohorts = document['cohorts'];
  if (!Array.isArray(cohorts)) return 0;
  return cohorts.reduce<number>((last, cohort) => {
    const spike = isJsonObject(cohort) ? cohort['spike'] : null;
    if (!isJsonObject(spike ?? null)) return last;
    const { start_time_us: start, duration_us: duration } = spike as JsonObject;
    return Math.max(last, Number(start) + Number(duration));
  }, 0);
}
