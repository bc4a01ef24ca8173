import { join } from 'node:path';
import { z } from 'zod';
import { checkQueueingRules, type RuleCheck } from '../../companions/gpu-jobs/queueing-rules.ts';
import { VALIDATION_CASES } from '../../companions/gpu-jobs/validation-cases.ts';
import { type Comparison, compareEngines } from '../../companions/gpu-jobs/validation-comparison.ts';
import {
  comparisonChart,
  comparisonFigures,
  ruleReason,
  validationPage,
  whereTheyDiffer,
} from '../../companions/gpu-jobs/validation-summary.ts';
import { writePicture } from '../../report/write-picture.ts';
import { writeTextFile } from '../../study/io/text-file.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { schemaFlag } from '../terminal/schema-flag.ts';
import { wrapped } from '../terminal/table.ts';

export const validateJobsCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('out', { type: 'string', default: 'reports/gpu-jobs-validation', describe: 'folder of the page' })
      .option('requests', { type: 'number', default: 300, describe: 'requests of each trace' })
      .option('seed', { type: 'number', default: 1, describe: 'seed of the traces' })
      .option('json', { type: 'boolean', describe: 'print the figures as JSON' })
      .example('$0 gpu-jobs validate', 'write the validation page'),
  run: async (flags) => {
    const out = requiredText(flags, 'out');
    const requests = schemaFlag(flags, 'requests', z.int().min(2).max(100_000))!;
    const seed = schemaFlag(flags, 'seed', z.int().min(0))!;
    const rules = checkQueueingRules();
    const comparisons = VALIDATION_CASES.map((one) => compareEngines(one, requests, seed));
    const charts = await Promise.all(comparisons.map(comparisonChart));
    for (const [index, { validation }] of comparisons.entries()) {
      writePicture(out, validation.name, charts[index]!);
    }
    const page = join(out, 'README.md');
    writeTextFile(page, validationPage(comparisons, rules, seed));
    const agree = rules.every(({ verdict }) => verdict !== 'differs');
    if (switchFlag(flags, 'json')) {
      const document = { traces: comparisons.map(comparisonFigures), rules: rules.map(ruleFigures) };
      printJson('gpu-jobs validate', document);
    } else {
      process.stdout.write(`${[...comparisons.flatMap(described), '', ...rules.flatMap(ruleLines), ''].join('\n')}\n`);
      process.stdout.write(`page → ${page}\n`);
    }
    return agree ? EXIT.ok : EXIT.failure;
  },
};

function described(comparison: Comparison): string[] {
  const { validation, requests, equal, cluster, token } = comparison;
  const head = `${validation.name.padEnd(22)} equal ${equal}/${requests}, E2E mean ${cluster.e2e.mean.toFixed(1)} / ${token.e2e.mean.toFixed(1)} ms (cluster / token)`;
  if (equal === requests) return [head];
  return [head, ...wrapped(`  ${whereTheyDiffer(comparison)} ${validation.explanation}`)];
}

function ruleLines({ trace, steps, verdict }: RuleCheck): string[] {
  const head = `${trace.name.padEnd(22)} ${trace.expected.join(' · ')}`;
  if (verdict === 'as documented') return [`${head}: as vLLM documents it`];
  return [head, ...wrapped(`  token engine: ${steps.join(' · ')}: ${ruleReason(trace)}`)];
}

function ruleFigures({ trace, steps, verdict }: RuleCheck) {
  const why = verdict === 'as documented' ? {} : { why: ruleReason(trace) };
  return { trace: trace.name, rule: trace.rule, documented: trace.expected, token: steps, verdict, ...why };
}
