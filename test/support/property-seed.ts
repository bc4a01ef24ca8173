import fc from 'fast-check';

/** The same cases on every machine: what fails in the checks fails again beside them. `PROPERTY_SEED=…` tries others. */
fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? 20_261_130) });
