import type { RequestTable } from '../workload/request-table.ts';

/** Everything the engine measured, indexed by request row; µs. NaN = never happened. */
export interface EngineResult {
  readonly table: RequestTable;
  /** 1 where the instance kept a record (rejected and dropped requests have none). */
  readonly registered: Uint8Array;
  /**
   * 1 where the request completed. It has an E2E then; so has a disaggregated one that timed out in decode or found no
   * room there, up to that moment.
   */
  readonly completed: Uint8Array;
  /** 1 where prefill and decode were sub-requests. */
  readonly disaggregated: Uint8Array;
  readonly lengthCapped: Uint8Array;
  readonly ttftUs: Float64Array;
  readonly e2eUs: Float64Array;
  readonly schedulingDelayUs: Float64Array;
  /** Sum and number of token gaps of the request's last life. */
  readonly itlSumUs: Float64Array;
  readonly itlCount: Int32Array;
  /** Instance index; −1 = never routed. */
  readonly handledBy: Int32Array;
  readonly gatewayDelayUs: Float64Array;
  /** Absent unless the run was asked to look at streams. */
  readonly streams?: StreamColumns;
  /** All individual token gaps of completed requests, of those measured where a span is given: sorted distinct values with their counts, over the cluster. */
  readonly itl: ItlHistogram;
  readonly instances: readonly InstanceCounters[];
  readonly cluster: ClusterCounters;
  readonly decisions: DecisionTrace | null;
  readonly disaggregation: DisaggregationCounters | null;
}

/** Streams of completed requests as their clients saw them, by row; µs, NaN = never happened. */
export interface StreamColumns {
  /** From arrival to the tenth output token; NaN for shorter answers. */
  readonly tenthTokenUs: Float64Array;
  /** Longest time between two tokens of the request's last life, pauses included. */
  readonly longestGapUs: Float64Array;
  /** Longest time that a preemption stopped the stream for; 0 = none did. */
  readonly longestStallUs: Float64Array;
}

export interface ItlHistogram {
  /** Ascending, µs. */
  readonly values: Float64Array;
  readonly counts: Float64Array;
}

export interface InstanceCounters {
  readonly completed: number;
  readonly stillQueued: number;
  readonly stillRunning: number;
  readonly dropped: number;
  readonly timedOut: number;
  readonly lengthCapped: number;
  readonly preemptions: number;
  /** Times a decoding request was made to sit out by a pause policy. */
  readonly pauses: number;
  readonly kvAllocationFailures: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly simEndedUs: number;
  readonly peakBlocks: number;
  readonly cacheHitRate: number;
  readonly thrashingRate: number;
  readonly steps: number;
  /** Mean wait-queue length over steps, after batch formation; 0 if it never stepped. */
  readonly meanQueueLength: number;
  /** Its part of the cluster's histogram; made anew when asked for. */
  readonly itl: ItlHistogram;
  /**
   * With disaggregation an instance runs sub-requests, which are not rows of the table: their latencies as this
   * instance recorded them, µs, in any order. Absent otherwise.
   */
  readonly subRequests?: SubRequestLatencies;
}

export interface SubRequestLatencies {
  /** Rows of the requests they belong to. */
  readonly rows: readonly number[];
  readonly ttftUs: readonly number[];
  readonly e2eUs: readonly number[];
  readonly schedulingDelayUs: readonly number[];
}

export interface ClusterCounters {
  /** Arrivals by exact class text. */
  readonly arrivals: Readonly<Record<string, number>>;
  readonly admissionRejected: number;
  readonly routingRejected: number;
  /** Shed by class: admission rejections, gateway victims, expired, evicted. */
  readonly shed: Readonly<Record<string, number>>;
  readonly gatewayQueued: number;
  readonly gatewayShed: number;
  readonly gatewayRejected: number;
  readonly gatewayEvicted: number;
  readonly gatewayExpired: number;
  readonly encodeRejected: number;
}

export interface DecisionTrace {
  readonly admitted: number;
  readonly rejected: number;
  /** Routing decisions per instance. */
  readonly targets: readonly number[];
  readonly meanRegret: number;
  readonly maxRegret: number;
}

export interface DisaggregationCounters {
  /** Requests split into sub-requests, and those of them whose KV blocks reached decode. */
  readonly parents: number;
  readonly disaggregated: number;
  readonly droppedAtDecodeKv: number;
  readonly inTransfer: number;
  readonly prefillCompleted: number;
  /** Completed at the instances of each pool; shared ones count in both. */
  readonly prefillPoolCompleted: number;
  readonly decodePoolCompleted: number;
  readonly parentTtftUs: readonly number[];
  readonly transferUs: readonly number[];
  readonly peakActiveTransfers: number;
  readonly meanActiveTransfers: number;
  /** null where prefill and decode instances are chosen apart. */
  readonly pairs: PairCounters | null;
}

/** Requests by the headroom of their pair; requests without targets get no pair. */
export interface PairCounters {
  readonly positiveHeadroom: number;
  readonly negativeHeadroom: number;
  readonly pairsEvaluated: number;
  /** Decoded elsewhere than the pair said, for want of KV blocks there. */
  readonly rerouted: number;
}
