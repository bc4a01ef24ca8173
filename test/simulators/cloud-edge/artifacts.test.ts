import { describe, expect, test } from 'vitest';
import {
  artifactHeader,
  artifactKinds,
  artifactName,
  artifactRows,
} from '../../../src/simulators/cloud-edge/artifacts.ts';
import { parseConfig } from '../../../src/simulators/cloud-edge/config.ts';
import { runExperiment } from '../../../src/simulators/cloud-edge/experiment.ts';

describe('artifacts', () => {
  const config = parseConfig({
    mode: 'time-series',
    scheduler: 'fcfs',
    llm_name: 'Qwen2.5 3B',
    edge_batch_capacity_k: 2,
    cloud_concurrency: 1,
    cloud_time_multiplier: 0.5,
    network_rtt: 0.125,
    arrival_trace: [
      { t: 0, base_time: 1 },
      { t: 0.5, base_time: 2 },
    ],
  });
  const run = [...runExperiment(config, ['fcfs'], 1)][0]!;

  test('file names carry model, ν and λ', () => {
    expect(artifactName('summary', config)).toBe('exp_summary_batch_addbaseline_Qwen2_5_3B_epoch_0.001nu_1lam.csv');
  });

  test('the decision log belongs to the time-series and continuous variants', () => {
    const kinds = (mode: string) => artifactKinds(parseConfig({ mode }));
    expect(kinds('static')).toEqual(['summary', 'completed_requests']);
    expect(kinds('continuous')).toContain('timeseries');
    expect(artifactKinds(parseConfig({ mode: 'time-series', enable_dynamics_logging: false }))).not.toContain(
      'timeseries',
    );
  });

  test('rows have one cell for each column', () => {
    for (const kind of artifactKinds(config)) {
      const columns = artifactHeader(kind).trim().split(',').length;
      const rows = artifactRows(kind, run).trim().split('\n');
      for (const row of rows) expect(row.split(',')).toHaveLength(columns);
    }
  });

  test('a completed request shows its node, times and wait', () => {
    expect(artifactRows('completed_requests', run)).toBe(
      '1,B1_Edge_Cloud_FCFS,0,0,0,1,edge0,1,1,,0,,True,1\n1,B1_Edge_Cloud_FCFS,1,0.5,0.5,1.625,cloud0,1.125,2,,0,,False,1.125\n',
    );
  });

  test('the summary is rounded to four decimals', () => {
    expect(artifactRows('summary', run)).toMatch(/^1,B1_Edge_Cloud_FCFS,2,1,1,1.625,1.2308,0.6154,0.5,1.0625,/);
  });

  test('a run without finished requests becomes a row with an error', () => {
    const empty = [...runExperiment({ ...config, arrival_trace: [] }, ['fcfs'], 1)][0]!;
    expect(artifactRows('summary', empty)).toMatch(/^1,B1_Edge_Cloud_FCFS,,+No requests completed\n$/);
  });
});
