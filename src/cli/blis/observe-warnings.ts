import type { Observation } from '../../connect/observe/observe-server.ts';
import type { ObserveRequest } from './observe-flags.ts';

/** What a user should know before trusting the figures. */
export function observeWarnings(request: ObserveRequest, observation: Observation): readonly string[] {
  const { requests, totals, wordSize, rttMs, hitRate } = observation;
  const good = requests.filter(({ row }) => row.status === 'ok');
  const count = (is: (one: (typeof good)[number]) => boolean) => good.filter(is).length;
  const plain = count(({ row }) => !row.streaming);
  const uncounted = count(({ row }) => row.serverInputTokens === 0);
  const aborted = count(({ row }) => row.finishReason === 'abort');
  const stopped = request.unconstrained ? 0 : count(({ row }) => row.finishReason === 'stop');
  const of = (part: number) => `${part} of ${good.length} answers`;
  return [
    ...(wordSize.kind === 'assumed' ? [`a word of the prompts is taken for one token: ${wordSize.reason}`] : []),
    ...(rttMs === null ? ['the round trip could not be measured; give --rtt-ms'] : []),
    ...(hitRate !== null && 'reason' in hitRate ? [`no KV hit rate: ${hitRate.reason}`] : []),
    ...(totals.late > 0
      ? [
          `${totals.late} requests left more than 10 ms after their time, the latest by ${Math.round(totals.latestUs / 1000)} ms: ` +
            `the limit of ${request.maxConcurrency} under way was reached, or this machine was busy`,
        ]
      : []),
    ...(plain > 0
      ? [`${of(plain)} came in one piece: their TTFT is the time of the whole answer; --streaming asks for streams`]
      : []),
    ...(uncounted > 0 ? [`${of(uncounted)} had no usage: their tokens are counted in chunks`] : []),
    ...(aborted > 0 ? [`${of(aborted)} were aborted by the server`] : []),
    ...(stopped > 0
      ? [`${of(stopped)} ended before the length asked for: the server does not keep to min_tokens`]
      : []),
  ];
}

export function outcomeLine(request: ObserveRequest, { requests, totals, rttMs }: Observation): string {
  const of = (status: string) => requests.filter(({ row }) => row.status === status).length;
  const [failed, late] = [of('error'), of('timeout')];
  const parts = [
    `${requests.length} requests recorded`,
    ...(request.warmUpRequests > 0 ? [`${Math.min(request.warmUpRequests, totals.dispatched)} to warm up`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(late > 0 ? [`${late} timed out`] : []),
    ...(totals.cancelled > 0 ? [`${totals.cancelled} given up under way`] : []),
    ...(request.rttMs === undefined && rttMs !== null ? [`round trip ${rttMs.toFixed(3)} ms`] : []),
  ];
  return parts.join(', ');
}
