import { unknownName } from '../../base/errors.ts';
import { type DocumentPath, MappingReader } from '../../document/document-reader.ts';
import { atLeast, parseTraffic, TRAFFIC_KEYS } from './parse-traffic.ts';
import type { CohortSpec } from './workload-spec.ts';

const COHORT_KEYS = [...TRAFFIC_KEYS, 'population', 'prefix_sharing', 'diurnal', 'spike', 'drain'];

/** A population of equal clients and the shape of their activity. */
export function parseCohort(value: unknown, path: DocumentPath): CohortSpec {
  const reader = new MappingReader(value, path, COHORT_KEYS);
  const population = reader.integer('population', 0);
  if (population < 1 || population > 100_000) {
    throw reader.fail('population', `must be within 1 … 100000, got ${population}`);
  }
  const traffic = parseTraffic(reader, false, null);
  const sharing = reader.text('prefix_sharing', 'shared');
  if (sharing !== '' && sharing !== 'shared' && sharing !== 'per_member') {
    throw unknownName('prefix sharing', sharing, ['shared', 'per_member'], { path: reader.at('prefix_sharing') });
  }
  if (sharing === 'per_member' && traffic.prefixGroup === '') {
    throw reader.fail('prefix_sharing', 'per_member needs a prefix_group');
  }
  return {
    ...traffic,
    population,
    prefixSharing: sharing === 'per_member' ? 'per_member' : 'shared',
    diurnal: reader.child('diurnal', parseDiurnal),
    spike: reader.child('spike', parseSpike),
    drain: reader.child('drain', parseDrain),
  };
}

function parseDiurnal(value: unknown, path: DocumentPath): NonNullable<CohortSpec['diurnal']> {
  const reader = new MappingReader(value, path, ['peak_hour', 'peak_to_trough_ratio']);
  const peakHour = reader.integer('peak_hour', 0);
  if (peakHour < 0 || peakHour > 23) throw reader.fail('peak_hour', `must be within 0 … 23, got ${peakHour}`);
  const peakToTrough = reader.number('peak_to_trough_ratio', 0);
  if (!(Number.isFinite(peakToTrough) && peakToTrough >= 1)) {
    throw reader.fail('peak_to_trough_ratio', `must be finite and ≥ 1, got ${peakToTrough}`);
  }
  return { peakHour, peakToTrough };
}

function parseSpike(value: unknown, path: DocumentPath): NonNullable<CohortSpec['spike']> {
  const reader = new MappingReader(value, path, ['start_time_us', 'duration_us', 'trace_rate']);
  const traceRate = reader.has('trace_rate') ? reader.number('trace_rate', 0) : null;
  if (traceRate !== null && !(Number.isFinite(traceRate) && traceRate >= 0)) {
    throw reader.fail('trace_rate', `must be finite and ≥ 0, got ${traceRate}`);
  }
  return {
    startUs: atLeast(reader, 'start_time_us', 0),
    durationUs: atLeast(reader, 'duration_us', 1, 0),
    traceRate,
  };
}

function parseDrain(value: unknown, path: DocumentPath): NonNullable<CohortSpec['drain']> {
  const reader = new MappingReader(value, path, ['start_time_us', 'ramp_duration_us']);
  return { startUs: atLeast(reader, 'start_time_us', 0), rampUs: atLeast(reader, 'ramp_duration_us', 1, 0) };
}
