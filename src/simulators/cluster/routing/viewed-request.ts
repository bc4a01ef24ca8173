import type { RequestIndex } from '../indices.ts';
import type { RequestView, RoutingHint } from '../policy/policy.ts';

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
  /** The run, or its part, that made the view. */
  readonly #maker: object;

  constructor(view: RequestView, request: RequestIndex, maker: object) {
    this.id = view.id;
    this.inputTokens = view.inputTokens;
    this.arrivalUs = view.arrivalUs;
    this.sloClass = view.sloClass;
    this.priority = view.priority;
    this.tenant = view.tenant;
    this.model = view.model;
    this.deadlineUs = view.deadlineUs;
    this.sloTargetUs = view.sloTargetUs;
    this.sessionId = view.sessionId;
    this.round = view.round;
    this.prefixGroup = view.prefixGroup;
    this.prefixTokens = view.prefixTokens;
    this.hint = view.hint;
    this.#request = request;
    this.#maker = maker;
  }

  /** The request of a view that `maker` made. @throws RangeError for any other object */
  static requestOf(view: RequestView, maker: object): RequestIndex {
    if (typeof view === 'object' && view !== null && #request in view && view.#maker === maker) return view.#request;
    throw new RangeError('not a request view of this run');
  }
}
