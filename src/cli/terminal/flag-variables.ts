import type { Argv } from 'yargs';
import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { EVALUATION_VARIABLES, FAMILY_VARIABLE } from '../../connect/evaluators/evaluation-variables.ts';
import { declaredOptions, positionalsOf } from './declared-options.ts';

/** Flags that no variable sets. */
const TYPED_ONLY = ['help', 'version'];

/** Each flag has a variable: `--max-num-seqs` is set by PARETUNE_MAX_NUM_SEQS. */
function variableOf(flag: string): string {
  return `PARETUNE_${flag.toUpperCase().replaceAll('-', '_')}`;
}

/**
 * Gives the flags of a command that were not typed the values of their variables; an empty one counts as none.
 * @throws InputError for a switch that is set to something else than true or false
 */
export function withVariables(parser: Argv, environment: NodeJS.ProcessEnv): Argv {
  const { key, boolean, array } = declaredOptions(parser);
  const unset = new Set([...positionalsOf(parser), ...TYPED_ONLY]);
  // A program that measures a point finds what it is asked for in its environment: no flags of ours.
  const reserved = environment[FAMILY_VARIABLE] === undefined ? [] : Object.values<string>(EVALUATION_VARIABLES);
  const values: Record<string, unknown> = {};
  for (const flag of Object.keys(key)) {
    const variable = variableOf(flag);
    const text = environment[variable];
    if (text === undefined || text === '' || unset.has(flag) || reserved.includes(variable)) continue;
    if (boolean.includes(flag)) values[flag] = switchValue(variable, text);
    else values[flag] = array.includes(flag) ? [text] : text;
  }
  return Object.keys(values).length === 0 ? parser : parser.config(values);
}

function switchValue(variable: string, text: string): boolean {
  if (/^(1|true)$/i.test(text)) return true;
  if (/^(0|false)$/i.test(text)) return false;
  throw new InputError(`must be true or false, got ${shortText(text)}`, { path: [variable] });
}
