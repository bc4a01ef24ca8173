import type { RequestTable } from '../../workload/request-table.ts';
import type { RequestsView } from '../column-owners.ts';
import type { EngineConfig } from '../engine-config.ts';
import { type Admission, createAdmission } from '../gateway/admission.ts';
import type { TenantBudgets } from '../gateway/tenant-budgets.ts';
import type { RequestIndex, Row } from '../indices.ts';
import type { AdmissionPolicy } from '../policy/policy.ts';
import type { Dispatch } from '../routing/dispatch.ts';
import type { PolicyViews } from '../routing/policy-views.ts';

export interface AdmissionParts {
  readonly config: EngineConfig;
  readonly table: RequestTable;
  readonly requests: RequestsView;
  readonly dispatch: Dispatch;
  readonly budgets: TenantBudgets | null;
  readonly priorityOfClass: Float64Array;
  /** A user's policy with its views; null = the configured one decides. */
  readonly own: { readonly policy: AdmissionPolicy; readonly views: PolicyViews } | null;
}

/** Who arrives, and who of them is let in. */
export class Admissions {
  admitted = 0;
  rejected = 0;
  /** By SLO class of the table. */
  readonly arrivals: Float64Array;
  /** Requests turned away or given up, by class text. */
  readonly shedByClass = new Map<string, number>();
  readonly #parts: AdmissionParts;
  readonly #policy: Admission | null;
  /** Whether the view at an admission shows: to its policy, or in the age of signals later on. */
  readonly #looks: boolean;

  constructor(parts: AdmissionParts) {
    const { config, dispatch, own, table } = parts;
    this.#parts = parts;
    this.arrivals = new Float64Array(table.names.sloClasses.length);
    this.#policy =
      config.admission.kind === 'always-admit' || config.gateway !== null ? null : createAdmission(config.admission);
    this.#looks = config.snapshotRefreshUs > 0 || dispatch.cacheSignal.isUsed || this.#policy !== null || own !== null;
  }

  arrived(row: Row): void {
    const sloClass = this.#parts.table.sloClass[row]!;
    this.arrivals[sloClass] = this.arrivals[sloClass]! + 1;
  }

  admits(request: RequestIndex, atUs: number): boolean {
    const { requests, dispatch } = this.#parts;
    const row = requests.row[request]!;
    if (this.#looks) dispatch.view(dispatch.membersFor(row), atUs);
    const admitted = this.#decide(request, row, atUs);
    const { records } = dispatch;
    if (records.areKept) records.admission(request, admitted ? 'admitted' : 'rejected', atUs);
    if (admitted) this.admitted++;
    else {
      this.rejected++;
      this.shed(row);
    }
    return admitted;
  }

  /** A request of this row is given up before it was served. */
  shed(row: Row): void {
    const { table } = this.#parts;
    const name = table.names.sloClasses[table.sloClass[row]!]! || 'standard';
    this.shedByClass.set(name, (this.shedByClass.get(name) ?? 0) + 1);
  }

  #decide(request: RequestIndex, row: Row, atUs: number): boolean {
    const { table, budgets, dispatch, own, priorityOfClass } = this.#parts;
    const priority = priorityOfClass[table.sloClass[row]!]!;
    if (budgets?.sheds(table.tenant[row]!, priority)) return false;
    const { snapshots, cacheSignal } = dispatch;
    if (own !== null) {
      const { policy, views } = own;
      return policy.admits(views.request(request), views.instances(snapshots, cacheSignal), atUs);
    }
    if (this.#policy === null) return true;
    return this.#policy.admits({ inputTokens: table.inputTokens[row]!, priority }, snapshots, atUs);
  }
}
