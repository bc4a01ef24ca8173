import { InputError } from '../../base/errors.ts';
import type { NamedOrdering } from '../../companions/gpu-jobs/run-report.ts';
import { NAMED_ORDERINGS, orderingByName } from '../../simulators/gpu-jobs/ordering.ts';
import type { Flags } from '../terminal/command.ts';
import { ofFlag } from '../terminal/schema-flag.ts';

const DEFAULT_ALGORITHMS = ['FIFO', 'WeightedFIFO', 'SRPT', 'WSRPT'];

/** Orderings by name; a repeated one is refused, since results are keyed by name. */
export function algorithmsFlag(flags: Flags): readonly NamedOrdering[] {
  const given = flags['algorithms'] ?? DEFAULT_ALGORITHMS;
  const names = (Array.isArray(given) ? given : [given]).flatMap((item) => String(item).split(','));
  const clean = names.map((name) => name.trim()).filter((name) => name !== '');
  if (clean.length === 0) {
    throw new InputError('--algorithms needs at least one name', {
      suggestion: `known: ${Object.keys(NAMED_ORDERINGS).join(', ')}`,
    });
  }
  return clean.map((name, index) => {
    const ordering = ofFlag('algorithms', () => orderingByName(name));
    const official = Object.keys(NAMED_ORDERINGS).find((key) => NAMED_ORDERINGS[key] === ordering) ?? name;
    if (clean.findIndex((other) => other.toLowerCase() === name.toLowerCase()) < index) {
      throw new InputError(`--algorithms names ${official} twice`);
    }
    return { name: official, ordering };
  });
}
