import type { ObservedRequest } from './observed-trace.ts';

/** Whether it went well and its times can be true. */
export function isMeasured(request: ObservedRequest): boolean {
  return request.row.status === 'ok' && ttftUs(request) > 0 && ttftUs(request) <= e2eUs(request);
}

export function ttftUs({ row }: ObservedRequest): number {
  return row.firstChunkTimeUs - row.sendTimeUs;
}

export function e2eUs({ row }: ObservedRequest): number {
  return row.lastChunkTimeUs - row.sendTimeUs;
}

/** Chunks that came together are no gap. */
export function positiveGapsUs({ chunkUs }: ObservedRequest): number[] {
  const gaps: number[] = [];
  for (let i = 1; i < chunkUs.length; i++) {
    const gap = chunkUs[i]! - chunkUs[i - 1]!;
    if (gap > 0) gaps.push(gap);
  }
  return gaps;
}
