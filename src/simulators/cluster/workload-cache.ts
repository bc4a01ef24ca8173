import type { Json } from '../../base/json.ts';
import type { RunContext } from '../simulator.ts';
import type { Workload } from '../workload/follow-ups.ts';
import { generateWorkload } from '../workload/generate-workload.ts';
import { TRACE_KEY } from '../workload/trace-workload.ts';
import { horizonOf, requireBounded } from '../workload/workload-bounds.ts';
import { parseWorkloadDocument } from '../workload/workload-document.ts';
import type { WorkloadSpec } from '../workload/workload-spec.ts';

/** Generated workloads kept at once: the seeds of a study, and not much more memory than they need. */
const KEPT_WORKLOADS = 16;

export interface WorkloadBounds {
  /** In place of the document's own; null = none. */
  readonly horizonUs: number | null;
  readonly memoryMib: number | undefined;
}

export interface WorkloadDocument {
  readonly spec: WorkloadSpec;
  /** @throws InputError where the requests do not fit into memory */
  requireBounded(bounds: WorkloadBounds): void;
  generate(context: RunContext, bounds: WorkloadBounds): Workload;
}

/** Documents by content and the requests generated from them: equal seeds meet the same requests, made once. */
export class WorkloadCache {
  readonly #documents = new Map<string, WorkloadDocument>();
  readonly #generated = new Map<string, Workload>();
  /** Numbers of traces: their text is too long for a key. */
  readonly #traces = new WeakMap<object, number>();
  #traceCount = 0;

  document(source: Json): WorkloadDocument {
    const key = JSON.stringify(source, (name, value: unknown) => {
      if (typeof value === 'bigint') return `${value}n`;
      return name === TRACE_KEY && typeof value === 'object' && value !== null ? this.#traceNumber(value) : value;
    });
    const known = this.#documents.get(key);
    if (known !== undefined) return known;
    const spec = parseWorkloadDocument(source);
    const document: WorkloadDocument = {
      spec,
      requireBounded: (bounds) => requireBounded(spec, generationBounds(spec, bounds)),
      generate: (context, bounds) => this.#generate(key, spec, context, bounds),
    };
    this.#documents.set(key, document);
    return document;
  }

  #traceNumber(trace: object): number {
    if (!this.#traces.has(trace)) this.#traces.set(trace, this.#traceCount++);
    return this.#traces.get(trace)!;
  }

  #generate(key: string, spec: WorkloadSpec, { seed, fidelity }: RunContext, own: WorkloadBounds): Workload {
    const { horizonUs, ...memory } = generationBounds(spec, own);
    const id = `${seed} ${fidelity} ${horizonUs} ${key}`;
    const workload =
      this.#generated.get(id) ??
      generateWorkload(spec, {
        seed,
        numRequests: Math.ceil(spec.numRequests * fidelity),
        horizonUs: Math.ceil(horizonUs * fidelity),
        ...memory,
      });
    this.#generated.delete(id);
    this.#generated.set(id, workload);
    if (this.#generated.size > KEPT_WORKLOADS) this.#generated.delete(this.#generated.keys().next().value!);
    return workload;
  }
}

function generationBounds(
  spec: WorkloadSpec,
  { horizonUs: own, memoryMib }: WorkloadBounds,
): { readonly horizonUs: number; readonly memoryMib?: number } {
  const horizonUs = own ?? horizonOf(spec);
  return { horizonUs, ...(memoryMib === undefined ? {} : { memoryMib }) };
}
