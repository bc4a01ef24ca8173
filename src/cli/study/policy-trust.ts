import type { Argv } from 'yargs';
import { textHash } from '../../base/json.ts';
import type { PolicyTrust } from '../../study/io/policy-trust.ts';
import type { PolicySource } from '../../study/plan/plan-sources.ts';
import type { Flags } from '../terminal/command.ts';
import { switchFlag } from '../terminal/flags.ts';

/** Declares --trust-policies. */
export function trustFlag(parser: Argv): Argv {
  return parser.option('trust-policies', {
    type: 'boolean',
    describe:
      'also run policy modules that lie in the folder of a run, or are found only beside it; `verify --outcomes`: also those that have changed since',
  });
}

export function trustOf(flags: Flags): PolicyTrust {
  return switchFlag(flags, 'trust-policies') ? 'any' : 'own';
}

/** Says which modules are of elsewhere: they run with the rights of the user, and are not under the project's version control. */
export function noteOutside({ policies }: { readonly policies: readonly PolicySource[] }): void {
  for (const { file, text, outside } of policies) {
    if (outside !== true) continue;
    const hash = textHash(text);
    process.stderr.write(`paretune: policy module ${file} lies outside of the project, SHA-256 ${hash}\n`);
  }
}
