import type { PairSelectionSettings } from '../kernel/pair-selection.ts';
import type { PdSloConfig } from './config-schema.ts';

/** The pair optimizer's parameters in the words of the kernel. */
export function selectionSettings({ pair_optimizer: optimizer }: PdSloConfig): PairSelectionSettings {
  return {
    ttftWeight: optimizer.ttftWeight,
    tpotWeight: optimizer.tpotWeight,
    sloBufferFactor: optimizer.sloBufferFactor,
    negativeHeadroomProb: optimizer.negativeHeadroomProb,
    selectionStrategy: optimizer.selectionStrategy,
    weightFloor: optimizer.weight_floor,
    legacyMissingSlo: optimizer.legacy_missing_slo,
  };
}
