import { within } from '../../base/errors.ts';
import { isJsonObject, type Json } from '../../base/json.ts';
import { fields, mapped } from '../../document/form.ts';
import { choice, integer, text } from '../../document/form-values.ts';
import { PERIODS, type Period } from './servegen/language-cohorts.ts';
import type { ServegenOptions } from './servegen/servegen-cohorts.ts';

export const SERVEGEN_KEY = 'servegen_data';

/** How long each period of the day lasts in the workload, and the pause after it. */
export const USUAL_WINDOW_S = 600;
export const USUAL_DRAIN_S = 180;

/** The section `servegen_data` of a workload file. */
export interface ServegenSection extends Omit<ServegenOptions, 'seed'> {
  /** Folder of the chunks, as it is written. */
  readonly path: string;
  readonly notes: readonly string[];
}

export const servegenForm = mapped(
  fields(
    { path: text },
    {
      time_window: choice<Period | ''>('period', ['', ...PERIODS.map(({ name }) => name)]),
      span_start: integer({ min: 0 }),
      span_end: integer({ min: 0 }),
      window_duration_secs: integer({ min: 0 }),
      drain_timeout_secs: integer({ min: 0 }),
    },
  ),
  (written): ServegenSection => ({
    path: written.path,
    windowS: written.window_duration_secs || USUAL_WINDOW_S,
    drainS: written.drain_timeout_secs ?? USUAL_DRAIN_S,
    period: written.time_window || null,
    notes: (['span_start', 'span_end'] as const).flatMap((key) =>
      written[key] === null ? [] : [`${SERVEGEN_KEY}.${key} has no effect; time_window chooses a period of the day`],
    ),
  }),
);

/** null where the document has none. @throws InputError whose path starts at the document */
export function servegenSection(document: Json): ServegenSection | null {
  const section = isJsonObject(document) ? document[SERVEGEN_KEY] : undefined;
  return section === undefined || section === null ? null : within([SERVEGEN_KEY], () => servegenForm.read(section));
}
