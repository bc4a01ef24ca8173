/** Variable that every process of an evaluation inherits, also one that has left group, session and parents behind. */
export const FAMILY_VARIABLE = 'PARETUNE_EVALUATION';

/** What a program that measures a point finds in its environment. */
export const EVALUATION_VARIABLES = {
  seed: 'PARETUNE_SEED',
  fidelity: 'PARETUNE_FIDELITY',
  dir: 'PARETUNE_DIR',
  values: 'PARETUNE_VALUES',
} as const;
