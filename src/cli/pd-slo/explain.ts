import { z } from 'zod';
import { type ExplainedDecision, type ExplainedPair, explainDecision } from '../../companions/pd-slo/explain.ts';
import { stdoutColours as pc } from '../terminal/colours.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { switchFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { schemaFlag } from '../terminal/schema-flag.ts';
import { fitted } from '../terminal/table.ts';
import { pdSloFlags, pdSloSetup, seedFlag } from './flags.ts';

export const explainPdSloCommand: LoadedCommand = {
  build: (parser) =>
    pdSloFlags(parser)
      .option('request', { type: 'number', default: 0, describe: 'which request, counted from 0' })
      .option('json', { type: 'boolean', describe: 'print the decision as JSON' })
      .example('$0 pd-slo explain --request 100', 'the pair table of the 101st request'),
  run: async (flags) => {
    const request = schemaFlag(flags, 'request', z.int().min(0)) ?? 0;
    const decision = explainDecision(pdSloSetup(flags), seedFlag(flags), request);
    if (switchFlag(flags, 'json')) printJson('pd-slo explain', decision);
    else process.stdout.write(listing(decision));
    return EXIT.ok;
  },
};

function listing(decision: ExplainedDecision): string {
  const target = (value: number | null): string => (value === null ? 'none' : `${value} ms`);
  const place = [decision.prefillPod, decision.decodePod].filter((name) => name !== null).join(' → ');
  const lines = [
    pc.bold(`request ${decision.request}: ${decision.kind}${place === '' ? '' : `, ${place}`}`),
    `class ${decision.sloClass}, ${decision.inputTokens} input tokens, arrived at ${decision.arrivalMs.toFixed(1)} ms`,
    `targets: TTFT ${target(decision.ttftTargetMs)}, TPOT ${target(decision.tpotTargetMs)}`,
    ...Object.entries(decision.headers).map(([name, value]) => `${name}: ${value}`),
    '',
  ];
  if (decision.pairs.length === 0) return `${[...lines, 'no pairs were compared for this request'].join('\n')}\n`;
  const table = fitted([HEAD, ...decision.pairs.map(row)]);
  const marked = table.map((line) => (line.startsWith(CHOSEN) ? pc.green(line) : line));
  return `${[...lines, ...marked].join('\n')}\n`;
}

const CHOSEN = '* ';

const HEAD = [
  '  prefill → decode',
  'prefill ms',
  '+ wait ms',
  '+ transfer ms',
  '= TTFT ms',
  'TPOT ms',
  'TTFT room',
  'TPOT room',
  'blended',
  'group',
  'probability',
];

function row(pair: ExplainedPair): string[] {
  const numbers = [
    pair.prefillTtftMs,
    pair.decodeTtftMs,
    pair.transferMs,
    pair.jointTtftMs,
    pair.tpotMs,
    pair.ttftHeadroomMs,
    pair.tpotHeadroomMs,
    pair.blendedMs,
  ];
  return [
    `${pair.chosen ? CHOSEN : '  '}${pair.prefill} → ${pair.decode}`,
    ...numbers.map((value) => value.toFixed(2)),
    pair.positive ? 'positive' : 'negative',
    pair.probability.toFixed(4),
  ];
}
