import type { StudyReport } from './study-report.ts';

/** One row a trial: parameters, then for each metric its mean and interval. */
export async function trialsCsv(report: StudyReport): Promise<string> {
  const { from } = await import('arquero');
  const rows = report.trials.map((trial) => {
    const row: Record<string, unknown> = {
      trial: trial.number,
      origin: trial.origin,
      status: trial.status,
      feasible: trial.feasible,
      front: trial.onFront,
      ...(trial.replicates === undefined ? {} : { replicates: trial.replicates }),
    };
    for (const { column } of report.parameters) row[column] = trial.parameters[column] ?? null;
    for (const { name } of report.metrics) {
      const value = trial.metrics[name];
      row[name] = value?.mean ?? null;
      row[`${name}_low`] = value?.low ?? null;
      row[`${name}_high`] = value?.high ?? null;
    }
    return row;
  });
  return from(rows).toCSV();
}
