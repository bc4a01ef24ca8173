/** `{claim}` or `{claim:verdict}` in the words of an experiment. */
export const FIGURE_PLACE = /\{([^{}:\s]+)(:verdict)?\}/g;
