import { join } from 'node:path';
import { z } from 'zod';
import { compareChoices, MAP_CELLS } from '../../companions/pd-slo/joint-comparison.ts';
import { mapCharts } from '../../companions/pd-slo/map-charts.ts';
import { mapPage } from '../../companions/pd-slo/map-page.ts';
import { writeTextFile } from '../../study/io/text-file.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { Progress } from '../terminal/progress.ts';
import { schemaFlag } from '../terminal/schema-flag.ts';

export const mapPdSloCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('seeds', { type: 'number', default: 20, describe: 'seeds 1 … n, the same for every strategy' })
      .option('requests', { type: 'number', default: 3000, describe: 'requests of one run' })
      .option('out', { type: 'string', default: 'reports/pd-slo-joint-vs-independent', describe: 'folder of the page' })
      .option('quiet', { type: 'boolean', describe: 'no progress' })
      .option('json', { type: 'boolean', describe: 'print the compared points as JSON' }),
  run: async (flags) => {
    const seeds = schemaFlag(flags, 'seeds', z.int().min(2).max(10_000))!;
    const requests = schemaFlag(flags, 'requests', z.int().min(100).max(10_000_000))!;
    const folder = requiredText(flags, 'out');
    const progress = new Progress('cells', MAP_CELLS.length, switchFlag(flags, 'quiet'));
    const points = compareChoices({ seeds, requests, onProgress: (done) => progress.update(done) });
    progress.end();
    const page = join(folder, 'README.md');
    for (const [name, content] of await mapCharts(points)) writeTextFile(join(folder, name), content);
    writeTextFile(page, mapPage(points, { seeds, requests }));
    if (switchFlag(flags, 'json')) printJson('pd-slo map', points);
    else process.stdout.write(`wrote ${page}\n`);
    return EXIT.ok;
  },
};
