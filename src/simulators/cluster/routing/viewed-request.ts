import type { RequestTable } from '../../workload/request-table.ts';
import type { RequestsView } from '../column-owners.ts';
import type { RequestIndex } from '../indices.ts';
import type { RequestView, RoutingHint } from '../policy/policy.ts';

/** Where views of requests come from. */
export interface ViewSource {
  readonly requests: RequestsView;
  readonly table: RequestTable;
  readonly priorityOfClass: Float64Array;
  readonly idOf: (request: RequestIndex) => string;
}

/** A view that knows, out of sight, whose view it is. Cheaper than a table from views to requests. */
export class ViewedRequest implements RequestView {
  readonly id: string;
  readonly inputTokens: number;
  readonly arrivalUs: number;
  readonly sloClass: string;
  readonly priority: number;
  readonly tenant: string;
  readonly model: string;
  readonly deadlineUs: number;
  readonly sloTargetUs: number;
  readonly sessionId: string;
  readonly round: number;
  readonly prefixGroup: string;
  readonly prefixTokens: number;
  readonly hint: RoutingHint | null;
  readonly #request: RequestIndex;
  /** One for all views of a run. */
  readonly #source: ViewSource;

  constructor(request: RequestIndex, source: ViewSource, hint: RoutingHint | null) {
    const { requests, table, priorityOfClass, idOf } = source;
    const { names } = table;
    const row = requests.row[request]!;
    const sloClass = table.sloClass[row]!;
    const session = table.session[row]!;
    const group = table.prefixGroupLabel[row]!;
    this.id = idOf(request);
    this.inputTokens = table.inputTokens[row]!;
    this.arrivalUs = table.arrivalUs[row]!;
    this.sloClass = names.sloClasses[sloClass]!;
    this.priority = priorityOfClass[sloClass]!;
    this.tenant = names.tenants[table.tenant[row]!]!;
    this.model = names.models[table.model[row]!] ?? '';
    this.deadlineUs = table.deadlineUs[row]!;
    this.sloTargetUs = table.sloTargetUs[row]!;
    this.sessionId = session < 0 ? '' : names.sessions[session]!;
    this.round = table.round[row]!;
    this.prefixGroup = group < 0 ? '' : names.prefixGroups[group]!;
    this.prefixTokens = table.prefixLengthLabel[row]!;
    this.hint = hint;
    this.#request = request;
    this.#source = source;
  }

  /** The request of a view that was made from `source`. @throws RangeError for any other object */
  static requestOf(view: RequestView, source: ViewSource): RequestIndex {
    if (typeof view === 'object' && view !== null && #request in view && view.#source === source) return view.#request;
    throw new RangeError('not a request view of this run');
  }
}
