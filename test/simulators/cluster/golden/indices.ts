import type { Block, RequestIndex, Row } from '../../../../src/simulators/cluster/indices.ts';

/** Plain numbers of a test as what they count. */
export const asRow = (row: number): Row => row as Row;
export const asRequest = (request: number): RequestIndex => request as RequestIndex;
export const asBlock = (block: number): Block => block as Block;
