import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { onDisk } from '../../base/disk-error.ts';
import { hitRateBlock } from '../../connect/observe/kv-metrics.ts';
import { type Observation, observeServer } from '../../connect/observe/observe-server.ts';
import { observedReport } from '../../connect/observe/observed-figures.ts';
import { itlCsv, observedHeader } from '../../connect/observe/observed-trace.ts';
import { writeTraceCsv } from '../../simulators/workload/trace-csv.ts';
import { writeTraceHeader } from '../../simulators/workload/write-trace-header.ts';
import { writeFileOrDevice } from '../../study/io/atomic-file.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { interruptible } from '../terminal/interruption.ts';
import { Progress } from '../terminal/progress.ts';
import { type ObserveRequest, readObserveFlags } from './observe-flags.ts';
import { declareObserveFlags } from './observe-options.ts';
import { observeWarnings, outcomeLine } from './observe-warnings.ts';
import { isQuiet, printWarnings } from './output.ts';

export const blisObserveCommand: LoadedCommand = {
  build: (parser) =>
    declareObserveFlags(parser).example(
      '$0 blis observe --server-url http://127.0.0.1:8000 --model qwen/qwen3-14b --rate 5 --num-requests 100 --streaming --trace-header t.yaml --trace-data t.csv',
      'a hundred requests, recorded for blis replay and calibrate',
    ),
  run: async (flags) => {
    const request = readObserveFlags(flags, process.env);
    const files = [
      request.files.header,
      request.files.data,
      ...(request.files.itl === null ? [] : [request.files.itl]),
    ];
    for (const file of files) checkWritable(file);
    const quiet = isQuiet(flags);
    printWarnings(request.source.warnings, { quiet });
    const { observation, interrupted } = await followed(request, quiet);
    const { requests, totals } = observation;
    if (interrupted && totals.dispatched === 0) return EXIT.interrupted;
    writeObservation(request, observation);
    printWarnings(observeWarnings(request, observation), { quiet });
    if (!quiet || interrupted) process.stderr.write(`paretune: ${outcomeLine(request, observation)}\n`);
    process.stdout.write(
      observedReport(requests, {
        wallS: (totals.endedUs - totals.startedUs) / 1e6,
        targets: request.targets,
        counts: request.compat ? 'reference' : 'all',
        detector: request.detector,
        withGaps: !request.compat || request.files.itl !== null,
      }),
    );
    return exitCode(request, { observation, interrupted });
  },
};

interface Followed {
  readonly observation: Observation;
  readonly interrupted: boolean;
}

/** Observes with progress on stderr; Ctrl-C ends the load, a second one the program. */
async function followed(request: ObserveRequest, quiet: boolean): Promise<Followed> {
  const { source } = request;
  const progress = new Progress('requests', source.workload.initial.length, quiet);
  let [ended, failed] = [0, 0];
  return await interruptible(['SIGINT', 'SIGTERM'], async (signal) => {
    const observation = await observeServer({
      ...request,
      workload: source.workload,
      signal,
      onEnded: ({ table, exchange }) => {
        if (exchange.status !== 'ok') failed++;
        progress.expect(table.length);
        progress.update(++ended, failed === 0 ? '' : `${failed} failed`);
      },
    });
    progress.end();
    return { observation, interrupted: signal.aborted };
  });
}

function writeObservation(request: ObserveRequest, { requests, rttMs, hitRate }: Observation): void {
  const { files, source, targets } = request;
  const header = observedHeader({
    createdAt: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    warmUpRequests: request.warmUpRequests,
    workloadSeed: source.seed,
    workloadSpec: request.workloadName,
    serverType: request.serverType,
    model: request.server.model,
    rttMs: rttMs ?? 0,
    targets,
    hitRate: hitRate === null || 'reason' in hitRate ? null : hitRateBlock(hitRate, request.vllmCommit),
  });
  writeFileOrDevice(files.header, writeTraceHeader(header));
  writeFileOrDevice(files.data, writeTraceCsv(requests.map(({ row }) => row)));
  if (files.itl !== null) writeFileOrDevice(files.itl, itlCsv(requests));
}

function exitCode({ compat }: ObserveRequest, { observation: { requests }, interrupted }: Followed): number {
  if (interrupted) return EXIT.interrupted;
  if (compat || requests.length === 0 || requests.some(({ row }) => row.status === 'ok')) return EXIT.ok;
  process.stderr.write(`paretune: every request failed: ${requests[0]!.row.errorMessage}\n`);
  return EXIT.failure;
}

/** Hours of load should not end at a folder that is not there. */
function checkWritable(file: string): void {
  const existed = existsSync(file);
  onDisk(file, 'written', () => closeSync(openSync(file, 'a')));
  if (!existed) rmSync(file);
}
