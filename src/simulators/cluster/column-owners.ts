import type { RequestIndex, Row } from './indices.ts';

/** A column of request state as its owner has it, and as all others do. */
export interface Column<V extends number = number> {
  [request: RequestIndex]: V;
}
export interface ReadColumn<V extends number = number> {
  readonly [request: RequestIndex]: V;
}

/** Which file writes each column: the only one that may name `RequestsOf` of itself. */
export interface ColumnOwners {
  row: 'request-states.ts';
  inputTokens: 'request-states.ts';
  outputTokens: 'request-states.ts';
  maxOutputTokens: 'request-states.ts';
  arrivalUs: 'request-states.ts';
  deadlineUs: 'request-states.ts';
  urgency: 'request-states.ts';
  instance: 'instance/instance.ts';
  registered: 'instance/instance.ts';
  phase: 'instance/instance-state.ts';
  prefilled: 'instance/instance-state.ts';
  firstDecodeStep: 'instance/instance-state.ts';
  gapsBefore: 'instance/instance-state.ts';
  schedulingDelayUs: 'instance/batch-formation.ts';
  stepTarget: 'instance/batch.ts';
  stepTokens: 'instance/batch.ts';
  finishAt: 'instance/batch.ts';
  askAt: 'instance/batch.ts';
  ttftUs: 'instance/step-execution.ts';
  e2eUs: 'instance/request-ends.ts';
  itlSumUs: 'instance/request-ends.ts';
  itlCount: 'instance/request-ends.ts';
  firstGapUs: 'instance/request-ends.ts';
  lengthCapped: 'instance/request-ends.ts';
  ownedAt: 'kv/owned-blocks.ts';
  ownedCount: 'kv/owned-blocks.ts';
  ownedCapacity: 'kv/owned-blocks.ts';
  room: 'kv/gpu-blocks.ts';
  tailStart: 'kv/gpu-blocks.ts';
  aligned: 'kv/gpu-blocks.ts';
  named: 'kv/run-blocks.ts';
  ringAt: 'kv/run-blocks.ts';
  ringKeyed: 'kv/run-blocks.ts';
  walked: 'kv/mirror/mirror-cache.ts';
  admission: 'kv/mirror/mirror-cache.ts';
  mirrorJoint: 'kv/mirror/joint-prefixes.ts';
  mirrorRun: 'kv/mirror/mirror-list.ts';
}

export type ColumnName = keyof ColumnOwners;
type ValueOf<Name> = Name extends 'row' ? Row : number;

/** Sizes, for all to read. */
interface RequestCounts {
  readonly length: number;
  /** Largest number of prompt and output tokens of a request. */
  readonly longest: number;
  /** Requests that fit without larger columns. */
  readonly capacity: number;
}

/** Request state as the file `Owner` has it: its own columns to write, all others to read. Costs nothing at run time. */
export type RequestsOf<Owner extends ColumnOwners[ColumnName]> = RequestCounts & {
  readonly [Name in ColumnName]: ColumnOwners[Name] extends Owner ? Column<ValueOf<Name>> : ReadColumn<ValueOf<Name>>;
};

/** Request state for whoever owns no column. */
export type RequestsView = RequestsOf<never>;
