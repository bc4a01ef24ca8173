import { basename } from 'node:path';
import type { JsonObject } from '../../base/json.ts';
import type { StudyDocuments } from '../../connect/deploy/study-documents.ts';
import { formatYaml } from '../../document/yaml.ts';
import type { ReadDeployment } from './deployment-files.ts';

/** Files of a study by name, with what is not simulated at the head of the strategy. */
export function studyFiles(
  { strategy, space, study, workload }: StudyDocuments,
  leftOut: readonly string[],
): readonly (readonly [name: string, text: string])[] {
  const head = leftOut.map((one) => `# not simulated: ${one}\n`).join('');
  return [
    ['strategy.yaml', `${head}${formatYaml(strategy)}`],
    ['space.yaml', formatYaml(space)],
    ['study.yaml', formatYaml(study)],
    ...(workload === null ? [] : [['workload.yaml', formatYaml(workload)] as const]),
  ];
}

export function parameterNames(space: JsonObject): readonly string[] {
  return (space['parameters'] as readonly { readonly name: string }[]).map(({ name }) => name);
}

/** What was read with reservations, on stderr. */
export function tellFindings({ picker, deployment }: Pick<ReadDeployment, 'picker' | 'deployment'>): void {
  for (const line of picker.warnings) process.stderr.write(`paretune: ${line}\n`);
  for (const line of deployment.notes) process.stderr.write(`paretune: assumed: ${line}\n`);
  for (const line of deployment.leftOut) process.stderr.write(`paretune: not simulated: ${line}\n`);
}

/** A name that a study may have. */
export function nameOf(file: string): string {
  const stem = basename(file).replace(/\.[^.]*$/, '');
  const name = stem.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^[^A-Za-z]+|-+$/g, '');
  return name === '' ? 'deployment' : name;
}
