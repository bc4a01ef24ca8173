import { BYTES_PER_GIB, writeFigures } from '../../companions/kvsched/figures.ts';
import { agreeing, compareModes, type ModeDelta, modeFigures } from '../../companions/kvsched/mode-comparison.ts';
import { readIndex } from '../../companions/kvsched/run-index.ts';
import { renderPicture } from '../../report/chart/render.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';

export const compareModesCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('relaxed', {
        type: 'string',
        demandOption: true,
        describe: 'index.csv of a relaxed batch, or its folder',
      })
      .option('strict', { type: 'string', demandOption: true, describe: 'index.csv of a strict batch, or its folder' })
      .option('out', { type: 'string', default: 'results/figures', describe: 'folder for the figures' })
      .option('json', { type: 'boolean', describe: 'print the differences as JSON' }),
  run: async (flags) => {
    const deltas = compareModes(readIndex(requiredText(flags, 'relaxed')), readIndex(requiredText(flags, 'strict')));
    const written = await writeFigures(requiredText(flags, 'out'), modeFigures(deltas), renderPicture);
    for (const file of written) process.stderr.write(`wrote ${file}\n`);
    if (switchFlag(flags, 'json')) printJson('kvsched compare-modes', deltas);
    else process.stdout.write(table(deltas));
    return EXIT.ok;
  },
};

function table(deltas: readonly ModeDelta[]): string {
  const alike = agreeing(
    deltas,
    (delta) => delta.delta_p99_total_ms === 0 && delta.delta_p99_decode_ms === 0 && delta.delta_migration_bytes === 0,
  );
  const differing = deltas.filter(({ scenario }) => !alike.includes(scenario));
  const lines = differing.map(
    (delta) =>
      `${delta.scenario}  ${delta.label}  p99 ${signed(delta.delta_p99_total_ms)} ms, decode p99 ` +
      `${signed(delta.delta_p99_decode_ms)} ms, moved ${signed(delta.delta_migration_bytes / BYTES_PER_GIB)} GiB\n`,
  );
  const head = lines.length === 0 ? '' : `strict − relaxed, means over seeds\n${lines.join('')}`;
  if (alike.length === 0) return head;
  return `${head}strict and relaxed agree in all figures: ${alike.join(', ')}\n`;
}

function signed(value: number): string {
  return `${value >= 0 ? '+' : ''}${value.toFixed(3)}`;
}
