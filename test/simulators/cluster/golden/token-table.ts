import type { Workload } from '../../../../src/simulators/workload/follow-ups.ts';
import { RequestTable } from '../../../../src/simulators/workload/request-table.ts';

/** A request given by its tokens. */
export interface TokenRequest {
  readonly id: string;
  readonly arrivalUs: number;
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly maxOutput: number;
  readonly deadlineUs: number;
  readonly sloClass: string;
}

/**
 * A request table with the content links that the tokens imply: every request inherits its longest common beginning
 * with an earlier one.
 */
export function tokenTable(requests: readonly TokenRequest[]): RequestTable {
  const classes = [...new Set(requests.map((request) => request.sloClass))];
  const table = new RequestTable(requests.length, {
    sloClasses: classes,
    tenants: [''],
    clients: [''],
    models: [''],
    prefixGroups: [],
    sessions: [],
    groupLengths: [],
  });
  const sequences = requests.map((request) => [...request.input, ...request.output]);
  requests.forEach((request, index) => {
    const row = table.append();
    table.customIds.set(row, request.id);
    table.arrivalUs[row] = request.arrivalUs;
    table.inputTokens[row] = request.input.length;
    table.outputTokens[row] = request.output.length;
    table.maxOutputTokens[row] = request.maxOutput;
    table.deadlineUs[row] = request.deadlineUs;
    table.sloClass[row] = classes.indexOf(request.sloClass);
    for (let other = 0; other < index; other++) {
      const common = commonLength(sequences[index]!, sequences[other]!);
      if (common > table.inheritedTokens[row]!) {
        table.parent[row] = other;
        table.inheritedTokens[row] = common;
      }
    }
  });
  return table;
}

export function openWorkload(table: RequestTable): Workload {
  return { initial: table, horizonUs: Number.POSITIVE_INFINITY, start: () => ({ table, followUps: null }) };
}

function commonLength(a: readonly number[], b: readonly number[]): number {
  const limit = Math.min(a.length, b.length);
  let length = 0;
  while (length < limit && a[length] === b[length]) length++;
  return length;
}
