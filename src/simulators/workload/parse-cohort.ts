import { InputError } from '../../base/errors.ts';
import { type Form, fields, mapped } from '../../document/form.ts';
import { choice, finite, integer } from '../../document/form-values.ts';
import { RATE_SCHEMA, TRAFFIC_OPTIONAL, TRAFFIC_REQUIRED, toTraffic } from './parse-traffic.ts';
import type { CohortSpec } from './workload-spec.ts';

const diurnal = mapped(
  fields({ peak_to_trough_ratio: finite({ min: 1 }) }, { peak_hour: integer({ min: 0, max: 23 }) }),
  ({ peak_hour, peak_to_trough_ratio }) => ({ peakHour: peak_hour ?? 0, peakToTrough: peak_to_trough_ratio }),
);

const spike = mapped(
  fields({ duration_us: integer({ min: 1 }) }, { start_time_us: integer({ min: 0 }), trace_rate: finite({ min: 0 }) }),
  ({ start_time_us, duration_us, trace_rate }) => ({
    startUs: start_time_us ?? 0,
    durationUs: duration_us,
    traceRate: trace_rate,
  }),
);

const drain = mapped(
  fields({ ramp_duration_us: integer({ min: 1 }) }, { start_time_us: integer({ min: 0 }) }),
  ({ start_time_us, ramp_duration_us }) => ({ startUs: start_time_us ?? 0, rampUs: ramp_duration_us }),
);

/** A population of equal clients and the shape of their activity. */
export const cohortForm: Form<CohortSpec> = mapped(
  fields(
    { ...TRAFFIC_REQUIRED, population: integer({ min: 1, max: 100_000 }) },
    {
      ...TRAFFIC_OPTIONAL,
      prefix_sharing: choice('prefix sharing', ['', 'shared', 'per_member']),
      diurnal,
      spike,
      drain,
    },
    { allOf: [RATE_SCHEMA] },
  ),
  (written) => {
    const traffic = toTraffic(written, { hasUsers: false, warnings: null });
    if (written.prefix_sharing === 'per_member' && traffic.prefixGroup === '') {
      throw new InputError('per_member needs a prefix_group', { path: ['prefix_sharing'] });
    }
    return {
      ...traffic,
      population: written.population,
      prefixSharing: written.prefix_sharing === 'per_member' ? 'per_member' : 'shared',
      diurnal: written.diurnal,
      spike: written.spike,
      drain: written.drain,
    };
  },
);
