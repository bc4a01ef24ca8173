import { InputError, unknownName, within } from '../../base/errors.ts';
import { type Fields, fields, mapped, missing } from '../../document/form.ts';
import { anything, choice, flag, integer, number, text } from '../../document/form-values.ts';
import { arrivalForm, lengthForm, optionalLengthForm } from './parse-distributions.ts';
import {
  type ArrivalSpec,
  type LengthSpec,
  type ModalitySpec,
  SLO_CLASSES,
  type TrafficSpec,
} from './workload-spec.ts';

/** Class names of documents without version. */
const OLD_CLASSES: Readonly<Record<string, string>> = { realtime: 'critical', interactive: 'standard' };
/** What concurrency clients have instead of an arrival process. */
const NO_ARRIVAL: ArrivalSpec = { process: 'poisson', cv: null, shape: null, scale: null };

const reasoning = mapped(
  fields(
    {},
    {
      reason_ratio_distribution: optionalLengthForm,
      multi_turn: mapped(
        fields(
          { max_rounds: integer({ min: 1 }) },
          { think_time_us: integer({ min: 0 }), context_growth: text, single_session: flag },
        ),
        (turns) => ({
          maxRounds: turns.max_rounds,
          thinkTimeUs: turns.think_time_us ?? 0,
          accumulate: turns.context_growth === 'accumulate',
          singleSession: turns.single_session ?? false,
        }),
      ),
    },
  ),
  ({ reason_ratio_distribution, multi_turn }) => ({ reasonRatio: reason_ratio_distribution, multiTurn: multi_turn }),
);

const multimodal = mapped(
  fields(
    {},
    {
      text_distribution: optionalLengthForm,
      image_distribution: optionalLengthForm,
      image_count_distribution: optionalLengthForm,
      audio_distribution: optionalLengthForm,
      audio_count_distribution: optionalLengthForm,
      video_distribution: optionalLengthForm,
      video_count_distribution: optionalLengthForm,
    },
  ),
  (parts) => ({
    text: parts.text_distribution,
    image: modality(parts.image_distribution, parts.image_count_distribution),
    audio: modality(parts.audio_distribution, parts.audio_count_distribution),
    video: modality(parts.video_distribution, parts.video_count_distribution),
  }),
);

function modality(length: LengthSpec | null, count: LengthSpec | null): ModalitySpec | null {
  return length === null || count === null ? null : { length, count };
}

/** Keys that clients and cohorts have in common and must have. */
export const TRAFFIC_REQUIRED = { input_distribution: lengthForm, output_distribution: lengthForm };

/** Keys that clients and cohorts have in common and may have. */
export const TRAFFIC_OPTIONAL = {
  id: text,
  tenant_id: text,
  slo_class: choice('SLO class', ['', ...SLO_CLASSES, ...Object.keys(OLD_CLASSES)]),
  model: text,
  adapter: text,
  rate_fraction: number,
  /** Not read where virtual users take its place. */
  arrival: anything,
  prefix_group: text,
  prefix_length: integer({ min: 0 }),
  streaming: flag,
  network: fields({}, { rtt_ms: number, bandwidth_mbps: number }),
  multimodal,
  reasoning,
  closed_loop: flag,
  timeout: integer({ min: 0 }),
  slo_target_us: integer({ min: 0 }),
};

/** What JSON Schema says of traffic with a rate: its fraction is positive, and it has an arrival process. */
export const RATE_SCHEMA = {
  required: ['rate_fraction', 'arrival'],
  properties: { rate_fraction: { not: { type: 'null' }, exclusiveMinimum: 0 }, arrival: arrivalForm.schema },
};

type Written = Fields<typeof TRAFFIC_REQUIRED, typeof TRAFFIC_OPTIONAL>;

export interface TrafficRules {
  /** Virtual users in place of a rate. */
  readonly hasUsers: boolean;
  /** Collects notes on old class names; null where they are not accepted. */
  readonly warnings: string[] | null;
}

/** What clients and cohorts have in common. */
export function toTraffic(written: Written, { hasUsers, warnings }: TrafficRules): TrafficSpec {
  const rateFraction = written.rate_fraction ?? 0;
  if (!hasUsers && !(Number.isFinite(rateFraction) && rateFraction > 0)) {
    throw new InputError(`must be finite and > 0, got ${rateFraction}`, { path: ['rate_fraction'] });
  }
  return {
    id: written.id ?? '',
    tenant: written.tenant_id ?? '',
    sloClass: toClass(written.slo_class ?? '', warnings),
    model: written.model ?? '',
    adapter: written.adapter ?? '',
    rateFraction,
    arrival: hasUsers ? NO_ARRIVAL : toArrival(written.arrival),
    input: written.input_distribution,
    output: written.output_distribution,
    prefixGroup: written.prefix_group ?? '',
    prefixLength: written.prefix_length ?? 0,
    streaming: written.streaming ?? false,
    multimodal: written.multimodal,
    reasonRatio: written.reasoning?.reasonRatio ?? null,
    multiTurn: written.reasoning?.multiTurn ?? null,
    closedLoop: written.closed_loop,
    timeoutUs: written.timeout,
    sloTargetUs: written.slo_target_us ?? 0,
  };
}

function toArrival(written: unknown): ArrivalSpec {
  if (written === null) throw missing('arrival', arrivalForm.rule);
  return within(['arrival'], () => arrivalForm.read(written));
}

function toClass(name: string, warnings: string[] | null): string {
  const renamed = OLD_CLASSES[name];
  if (renamed === undefined) return name;
  if (warnings === null) throw unknownName('SLO class', name, SLO_CLASSES, { path: ['slo_class'] });
  warnings.push(`slo_class "${name}" is an old name, read as "${renamed}"`);
  return renamed;
}
