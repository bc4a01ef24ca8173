import { InputError } from '../../base/errors.ts';

/**
 * The run would go on for ever: its requests block each other. A property of the configuration, not a fault; every other
 * error of a run is one.
 */
export class CannotProgress extends InputError {
  constructor(reason: string, atUs: number) {
    super(`cannot progress: ${reason} (since ${atUs} µs)`, {
      suggestion: 'give more KV blocks, a context limit, a horizon or deadlines',
    });
  }
}
