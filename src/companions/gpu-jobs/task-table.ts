import type { Task } from '../../simulators/gpu-jobs/task.ts';
import { csvTable } from './csv-table.ts';

/** The table that `parseTaskCsv` reads back to the same tasks. */
export function taskTable(tasks: readonly Task[]): string {
  const rows = tasks.map((task) => {
    const decodeOnly = task.prefillTokens === 0 && task.decodeTokens > 0;
    return {
      Task: task.id,
      Workload: task.model,
      Memory: task.memoryGB,
      Weight: task.weight,
      ArrivalTime: task.arrival,
      Phase: decodeOnly ? 'DECODE' : 'PREFILL',
      Tokens: decodeOnly ? task.decodeTokens : task.prefillTokens,
      DecodeTokens: decodeOnly ? 0 : task.decodeTokens,
      TP: task.tp,
      PrefixId: task.prefix,
      PrefixTokens: task.prefixTokens,
    };
  });
  return csvTable(rows, Object.keys(rows[0]!));
}
