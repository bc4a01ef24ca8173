import { describe, expect, test } from 'vitest';
import { type CalibrationInput, calibrate } from '../../../src/connect/calibrate/calibration.ts';
import { calibrationReport } from '../../../src/connect/calibrate/calibration-report.ts';
import { calibrationText, calibrationWarnings } from '../../../src/connect/calibrate/calibration-text.ts';
import { readMeasuredGaps } from '../../../src/connect/calibrate/measured-gaps.ts';
import { parseReplayResults, type ReplayResult } from '../../../src/connect/calibrate/replay-result.ts';
import { readTraceCsv } from '../../../src/simulators/workload/trace-csv.ts';
import type { TraceRow } from '../../../src/simulators/workload/trace-row.ts';

const COLUMNS =
  'request_id,client_id,tenant_id,slo_class,session_id,round_index,prefix_group,prefix_length,streaming,input_tokens,output_tokens,text_tokens,image_tokens,audio_tokens,video_tokens,reason_ratio,model,deadline_us,server_input_tokens,arrival_time_us,send_time_us,first_chunk_time_us,last_chunk_time_us,num_chunks,status,error_message,finish_reason';

/** A measured request of 100 and 11 tokens: TTFT 100 ms, E2E 300 ms. */
function measured(requestId: number, changed: Partial<TraceRow> = {}): TraceRow {
  const line = `${requestId},c,t,critical,,0,,0,true,100,11,0,0,0,0,0,,0,0,0,1000000,1100000,1300000,11,ok,,`;
  return { ...readTraceCsv(`${COLUMNS}\n${line}\n`, 't.csv')[0]!, ...changed };
}

/** The same, simulated: TTFT 90 ms, E2E 290 ms, ITL 20 ms. */
function simulated(requestId: number, changed: Partial<ReplayResult> = {}): ReplayResult {
  return {
    requestId,
    ttftUs: 90_000,
    e2eUs: 290_000,
    inputTokens: 100,
    outputTokens: 11,
    sloClass: '',
    model: '',
    itlMeanUs: 20_000,
    ...changed,
  };
}

function comparing(changed: Partial<CalibrationInput>) {
  return calibrate({
    rows: [measured(0)],
    results: [simulated(0)],
    gaps: null,
    warmUpRequests: 0,
    network: { rttUs: 0, bandwidthMbps: 0 },
    targets: {},
    observedHitRate: null,
    simulatedHitRate: null,
    hitRateTolerancePp: 5,
    ttftMapeThreshold: 0.15,
    ...changed,
  });
}

describe('calibration', () => {
  test('adds to the simulation what lies between client and server: a round trip and 4 bytes a token', () => {
    // 100 tokens are 3200 bits: 32 µs at 100 Mbps; 11 tokens are 3.52 µs.
    const { metrics } = comparing({ network: { rttUs: 1500, bandwidthMbps: 100 } });
    expect(metrics.ttft!.statistics.mean.sim).toBeCloseTo(91_532, 9);
    expect(metrics.e2e!.statistics.mean.sim).toBeCloseTo(291_535.52, 9);
  });

  test('of two results with one id the last counts', () => {
    const { metrics } = comparing({ results: [simulated(0), simulated(0, { ttftUs: 1 })] });
    expect(metrics.ttft!.statistics.mean.sim).toBe(1);
  });

  test('leaves requests to warm up out, and counts rows and results without a partner', () => {
    const rows = [measured(0), measured(1), measured(2)];
    const { matches } = comparing({ rows, results: [simulated(1), simulated(7)], warmUpRequests: 1 });
    expect(matches).toMatchObject({ warmUp: 1, unmatchedReal: 1, unmatchedSim: 1 });
    expect(matches.matched.map(({ row }) => row.requestId)).toEqual([1]);
  });

  test('a failed request is matched and compared with nothing', () => {
    const failure = measured(1, { firstChunkTimeUs: 0, lastChunkTimeUs: 0, status: 'error' });
    const calibration = comparing({ rows: [measured(0), failure], results: [simulated(0), simulated(1)] });
    expect([calibration.failed, calibration.metrics.ttft!.count]).toEqual([1, 1]);
    const counts = (compat: boolean) => calibrationReport(calibration, { compat }).trace_info;
    expect(counts(false)).toMatchObject({ num_requests: 2, matched_pairs: 2 });
    expect(counts(true)).toMatchObject({ num_requests: 3, matched_pairs: 2 });
    expect(calibrationText(calibration, { compat: false })[0]).toContain(
      'unmatched real: 0, unmatched sim: 0, failed: 1',
    );
  });

  test('a stream that broke off takes part, with a warning', () => {
    const calibration = comparing({ rows: [measured(0, { status: 'timeout' })] });
    expect(calibration.metrics.e2e!.count).toBe(1);
    expect(calibrationWarnings(calibration).join()).toContain('broke off after their first chunk: 1');
  });

  test('tokens that the server counted go before those of the trace', () => {
    const rows = [measured(0, { serverInputTokens: 102 }), measured(1), measured(2, { outputTokens: 4 })];
    expect(comparing({ rows, results: rows.map((_, id) => simulated(id)) }).matches.tokenMismatches).toBe(2);
  });

  test('has errors per class and per model of the simulated requests, sorted', () => {
    const results = [simulated(0, { sloClass: 'b' }), simulated(1, { sloClass: 'a', model: 'm' }), simulated(2)];
    const { classes, models } = comparing({ rows: [measured(0), measured(1), measured(2)], results });
    expect(classes.map(({ name, count }) => [name, count])).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
    expect(models).toEqual([{ name: 'm', count: 1, ttftMape: 0.1, e2eMape: 10 / 300 }]);
  });

  test.each([
    ['there is no result for any row', { results: [simulated(5)] }, 'no request of the trace has a result'],
    ['all failed', { rows: [measured(0, { firstChunkTimeUs: 0 })] }, 'failed in the measurement'],
  ] as const)('is refused where %s', (_, changed, rule) => {
    expect(() => comparing(changed)).toThrow(rule);
  });
});

describe('goodput of both sides', () => {
  const target = { ttftMs: 95, itlMs: 0, e2eMs: 0 };
  const goodput = (changed: Partial<CalibrationInput>) =>
    calibrationReport(comparing(changed), { compat: false }).goodput;

  test('is absent without targets', () => expect(goodput({})).toBeUndefined());

  test('counts what meets the targets, per second of the measurement', () => {
    expect(goodput({ targets: { critical: target } })!.per_class['critical']).toEqual({
      count: 1,
      real_slo_attainment: 0,
      sim_slo_attainment: 1,
      real_goodput_rps: 0,
      sim_goodput_rps: 1 / 0.3,
      real_attainment_by_dim: { ttft: 0 },
      sim_attainment_by_dim: { ttft: 1 },
    });
  });

  test('requests without a class count as default', () => {
    const rows = [measured(0, { sloClass: '' })];
    expect(goodput({ rows, targets: { default: target } })!.per_class['default']).toMatchObject({ count: 1 });
  });

  test('an ITL that was not measured is not met, and it is said so', () => {
    const targets = { critical: { ttftMs: 0, itlMs: 25, e2eMs: 0 } };
    const blind = goodput({ targets })!;
    expect(blind.skipped_itl).toBe(true);
    expect(blind.per_class['critical']).toMatchObject({ real_slo_attainment: 0, sim_slo_attainment: 1 });
    expect(calibrationWarnings(comparing({ targets })).join()).toContain('give --itl-data');
    const seen = goodput({ targets, gaps: new Map([[0, [20_000, 24_000]]]) })!;
    expect(seen.skipped_itl).toBeUndefined();
    expect(seen.per_class['critical']).toMatchObject({ real_attainment_by_dim: { itl: 1 } });
  });
});

describe('the hit rate', () => {
  const observedHitRate = { rate: 0.5, source: 'vllm' };

  test('is compared where both sides have one; the bound itself is within', () => {
    const { hitRate } = comparing({ observedHitRate, simulatedHitRate: 0.55 });
    expect(hitRate).toMatchObject({ real: 0.5, sim: 0.55, within: true, tolerancePp: 5 });
    expect(hitRate!.errorPp).toBeCloseTo(5, 9);
    expect(comparing({ observedHitRate, simulatedHitRate: 0.5501 }).hitRate!.within).toBe(false);
    expect(comparing({ observedHitRate }).hitRate).toBeNull();
  });
});

describe('gaps between chunks', () => {
  const header = 'request_id,chunk_index,timestamp_us\n';

  test('follow the number of the chunk, whatever the order of the rows', () => {
    expect(readMeasuredGaps(`${header}4,1,130\n4,0,100\n5,0,7\n4,2,120\n`, 'i.csv')).toEqual(
      new Map([
        [4, [30, -10]],
        [5, []],
      ]),
    );
  });

  test('negative ones do not count; a request without others has no ITL', () => {
    const rows = [measured(0), measured(1)];
    const gaps = new Map([
      [0, [30_000, -10, 10_000]],
      [1, [-1]],
    ]);
    const { matches, metrics } = comparing({ rows, results: [simulated(0), simulated(1)], gaps });
    expect(metrics.itl).toMatchObject({ count: 1, statistics: { mean: { real: 20_000, sim: 20_000 } } });
    expect(matches.itlDropped).toEqual([1]);
  });

  test('that cannot be read are refused with their place', () => {
    expect(() => readMeasuredGaps(`${header}4,x,130\n`, 'i.csv')).toThrow('chunk_index must be an integer, got "x"');
  });
});

describe('results of a replay', () => {
  test.each([
    ['no list', { a: 1 }, 'must be a list'],
    ['an empty list', [], 'the replay completed no request'],
    ['another shape', [{ ttft_us: 1 }], 'must be a number, got nothing'],
    ['text for a number', [{ request_id: 1, ttft_us: 'x', e2e_us: 2 }], 'must be a number, got "x"'],
  ])('%s is refused', (_, value, rule) => {
    expect(() => parseReplayResults(value)).toThrow(rule);
  });
});
