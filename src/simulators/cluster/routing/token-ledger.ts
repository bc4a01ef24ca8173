import type { RequestTable } from '../../workload/request-table.ts';
import type { RequestsView } from '../column-owners.ts';
import type { RequestIndex } from '../indices.ts';
import { PHASE } from '../request-states.ts';

/**
 * Uncached prompt tokens that the router has under way at each instance: charged when a request is sent, released with
 * its first token where the answer is streamed, else with its end. An instance that only decodes is charged nothing.
 */
export class TokenLedger {
  readonly #requests: RequestsView;
  readonly #table: RequestTable;
  readonly #tokens: Float64Array;
  /** By instance: requests under way and what each is charged. */
  readonly #underWay: { readonly request: RequestIndex; readonly tokens: number }[][];
  #noted = { request: -1, tokens: 0 };

  constructor(requests: RequestsView, table: RequestTable, instances: number) {
    this.#requests = requests;
    this.#table = table;
    this.#tokens = new Float64Array(instances);
    this.#underWay = Array.from({ length: instances }, () => []);
  }

  /** What the request will be charged if it is sent where the router has just decided. */
  note(request: RequestIndex, tokens: number): void {
    this.#noted = { request, tokens };
  }

  /** The request is sent to the instance. */
  charge(request: RequestIndex, instance: number): void {
    const known = this.#noted.request === request;
    const tokens = known ? this.#noted.tokens : this.#table.inputTokens[this.#requests.row[request]!]!;
    if (tokens <= 0) return;
    this.#underWay[instance]!.push({ request, tokens });
    this.#tokens[instance] = this.#tokens[instance]! + tokens;
  }

  at(instance: number, clockUs: number): number {
    const list = this.#underWay[instance]!;
    let kept = 0;
    for (const entry of list) {
      if (this.#isReleased(entry.request, clockUs)) {
        this.#tokens[instance] = this.#tokens[instance]! - entry.tokens;
      } else list[kept++] = entry;
    }
    list.length = kept;
    return this.#tokens[instance]!;
  }

  #isReleased(request: RequestIndex, clockUs: number): boolean {
    const q = this.#requests;
    if (q.phase[request]! >= PHASE.completed) return true;
    return this.#table.streaming[q.row[request]!] === 1 && q.arrivalUs[request]! + q.ttftUs[request]! <= clockUs;
  }
}
