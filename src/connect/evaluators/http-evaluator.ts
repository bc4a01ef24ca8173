import { describeProblem, InputError } from '../../base/errors.ts';
import { generateWorkload } from '../../simulators/workload/generate-workload.ts';
import { serverBase } from '../observe/completion-call.ts';
import { observeServer } from '../observe/observe-server.ts';
import { TokenIds } from '../observe/token-ids.ts';
import { openPlace } from './apply-parameters.ts';
import type { OutsideEvaluator, OutsideOptions, OutsideOutcome, OutsideRequest } from './evaluator.ts';
import { type HttpConfig, httpWorkload, parseHttpConfig, unsafeReason } from './http-config.ts';
import { fillRunHoles } from './run-holes.ts';
import { serverMetrics } from './server-metrics.ts';

const DEFAULT_WARM_UP = 10;
const DEFAULT_ERROR_RATE = 0.05;

/**
 * Evaluations by load on a server. Further seeds of a point are measured without putting its parameters in place again.
 */
export function createHttpEvaluator({ logFolder }: OutsideOptions): OutsideEvaluator {
  const place = openPlace();
  return {
    close: place.close,
    evaluate: async (request, signal) => {
      try {
        const { seed, values } = request;
        const config = parseHttpConfig(fillRunHoles(request.config, { seed, values }));
        const unsafe = unsafeReason(config, values);
        if (unsafe !== null) return { kind: 'infeasible', reason: unsafe };
        const problem = await place.put(config, { request, logFolder, signal });
        return problem === null ? await measured(config, request, signal) : { kind: 'failed', message: problem };
      } catch (error) {
        if (error instanceof InputError) return { kind: 'failed', message: describeProblem(error) };
        return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
      }
    },
  };
}

async function measured(config: HttpConfig, request: OutsideRequest, signal: AbortSignal): Promise<OutsideOutcome> {
  const { spec, targets } = httpWorkload(request.workload);
  const ids = new TokenIds();
  const warmUpRequests = config.warm_up?.requests ?? DEFAULT_WARM_UP;
  const counted = Math.ceil(spec.numRequests * request.fidelity);
  const workload = generateWorkload(spec, {
    seed: request.seed,
    numRequests: counted === 0 ? 0 : counted + warmUpRequests,
    tokens: ids,
  });
  const apiKey = process.env[config.api_key_env ?? 'OPENAI_API_KEY'] ?? '';
  const { requests, totals } = await observeServer({
    server: {
      base: serverBase(config.url),
      model: config.model,
      interface: config.api ?? 'completions',
      apiKey: apiKey === '' ? null : apiKey,
    },
    ...{ workload, ids, compat: false, streams: 'all', unconstrained: false, warmUpRequests, prewarmMs: 0 },
    maxConcurrency: config.max_concurrency ?? 256,
    timeoutMs: 1000 * (config.timeout_s ?? 300),
    stayAwake: true,
    ...{ rttMs: 0, metricsUrl: null, signal, onEnded: () => undefined },
  });
  if (signal.aborted) return { kind: 'failed', message: 'interrupted' };
  if (requests.length === 0) return { kind: 'failed', message: 'no request was left after the warm-up' };
  const failed = requests.filter(({ row }) => row.status !== 'ok');
  if (failed.length > (config.max_error_rate ?? DEFAULT_ERROR_RATE) * requests.length) {
    const [{ row }] = failed as [(typeof failed)[number]];
    const why = row.errorMessage === '' ? row.status : row.errorMessage;
    return { kind: 'failed', message: `${failed.length} of ${requests.length} requests failed: ${why.slice(0, 160)}` };
  }
  const start = requests.reduce((first, { row }) => Math.min(first, row.sendTimeUs), Number.POSITIVE_INFINITY);
  return { kind: 'measured', metrics: serverMetrics(requests, { wallS: (totals.endedUs - start) / 1e6, targets }) };
}
