import { afterAll, vi } from 'vitest';
import { RooflineLatency } from '../../src/simulators/cluster/latency/roofline.ts';

/** Tells, until the end of the file, the time that every step of a roofline model would take if memory were no limit, µs. */
export function onStepArithmetic(told: (us: number) => void): void {
  const { stepUs } = RooflineLatency.prototype;
  const spy = vi.spyOn(RooflineLatency.prototype, 'stepUs').mockImplementation(function (
    this: RooflineLatency,
    decodes,
    contexts,
    scheduled,
  ) {
    told(this.computeSeconds(decodes, contexts) * 1e6);
    return stepUs.call(this, decodes, contexts, scheduled);
  });
  afterAll(() => spy.mockRestore());
}
