import { dirname, join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import type { PlanSources, PolicySource } from '../plan/plan-sources.ts';
import { isShipped, policyFile, policyImportText, policyName, policyText } from './load-policy.ts';
import { readPlanFile, readStarted } from './plan-file.ts';

/** A policy module, or one that it imports, whose file is not what was recorded. */
export interface ChangedModule {
  readonly file: string;
  readonly fate: 'has changed' | 'is missing';
  /** It comes with paretune: another version may have another one. */
  readonly shipped: boolean;
}

/** All modules of a recorded study whose files are not what was recorded. */
export function changedPolicies({ policies }: PlanSources): readonly ChangedModule[] {
  return policies.flatMap((policy) => [
    ...changed(policy.file, policy.text, policyText(policy.file)),
    ...changedImports(policy),
  ]);
}

function changedImports({ file, imports = [] }: PolicySource): readonly ChangedModule[] {
  return imports.flatMap((one) =>
    changed(policyName(join(dirname(policyFile(file)), one.file)), one.text, policyImportText(file, one)),
  );
}

function changed(file: string, recorded: string, today: string | undefined): readonly ChangedModule[] {
  if (today === recorded) return [];
  return [{ file, fate: today === undefined ? 'is missing' : 'has changed', shipped: isShipped(file) }];
}

/**
 * Policy modules run from their files, which must still be what was recorded.
 * @throws InputError that names the first one that is not, and the version of paretune that recorded it
 */
export function requireRecordedPolicies(folder: string): void {
  const [first] = changedPolicies(readPlanFile(folder));
  if (first === undefined) return;
  const { tool } = readStarted(folder);
  throw new InputError(`the policy module ${first.fate} since paretune ${tool} recorded this run`, {
    position: { file: first.file },
    suggestion: `restore it, or install paretune ${tool} and use its own; \`paretune verify --outcomes ${folder}\` recomputes the outcomes with the modules of today`,
  });
}

/** The same for what does not come with paretune: those modules may be anything by now. */
export function requireOwnPolicies(folder: string): void {
  const own = changedPolicies(readPlanFile(folder)).find(({ shipped }) => !shipped);
  if (own === undefined) return;
  throw new InputError(`the policy module ${own.fate} since this run was recorded`, {
    position: { file: own.file },
    suggestion: 'restore it, or run the module of today with --trust-policies',
  });
}
