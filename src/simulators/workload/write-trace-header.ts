import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import type { TraceHeader } from './trace-header.ts';

/** YAML text, laid out as the reference lays it out. */
export function writeTraceHeader(header: TraceHeader): string {
  const lines = [`trace_version: ${header.traceVersion}`, `time_unit: ${header.timeUnit}`];
  if (header.createdAt !== '') lines.push(`created_at: ${JSON.stringify(header.createdAt)}`);
  lines.push(`mode: ${header.mode}`, `warm_up_requests: ${header.warmUpRequests}`);
  if (header.workloadSeed !== null) lines.push(`workload_seed: ${header.workloadSeed}`);
  if (header.workloadSpec !== '') lines.push(`workload_spec: ${JSON.stringify(header.workloadSpec)}`);
  if (header.accumulate) lines.push('session_context_growth: accumulate');
  lines.push(...members(header.blocks, ''));
  return `${lines.join('\n')}\n`;
}

const INDENT = '    ';
/** Numbers that may have a fraction; large ones of those are written with an exponent. */
const FRACTIONS = [
  'ttft_ms',
  'itl_ms',
  'e2e_ms',
  'measured_rtt_ms',
  'gpu_memory_utilization',
  'read_bandwidth',
  'write_bandwidth',
  'base_latency',
  'single_transfer_fraction',
  'latency_jitter_stddev',
];

function members(map: JsonObject, indent: string): string[] {
  return Object.entries(map).flatMap(([key, value]) => member(key, value, indent));
}

function member(key: string, value: Json, indent: string): string[] {
  const deeper = indent + INDENT;
  if (isJsonObject(value) && Object.keys(value).length > 0) {
    return [`${indent}${keyText(key)}:`, ...members(value, deeper)];
  }
  if (Array.isArray(value) && value.length > 0) {
    return [`${indent}${keyText(key)}:`, ...value.flatMap((item: Json) => listItem(item, deeper))];
  }
  const text = typeof value === 'number' && FRACTIONS.includes(key) ? fractionText(value) : scalarText(value);
  return [`${indent}${keyText(key)}: ${text}`];
}

function listItem(item: Json, indent: string): string[] {
  if (!isJsonObject(item)) return [`${indent}- ${scalarText(item)}`];
  const [first = '{}', ...rest] = members(item, `${indent}  `);
  return [`${indent}- ${first.trimStart()}`, ...rest];
}

function keyText(key: string): string {
  return /^[A-Za-z_][\w.-]*$/.test(key) && !isYamlWord(key) ? key : JSON.stringify(key);
}

function scalarText(value: Json): string {
  return typeof value === 'string' && /^[A-Za-z/][\w./-]*$/.test(value) && !isYamlWord(value)
    ? value
    : JSON.stringify(value);
}

function isYamlWord(text: string): boolean {
  return /^(true|false|null|yes|no|on|off|y|n)$/i.test(text);
}

/** From a million on with an exponent of two digits. */
function fractionText(value: number): string {
  if (Math.abs(value) < 1e6) return String(value);
  const [mantissa, exponent] = value.toExponential().split('e+');
  return `${mantissa}e+${exponent!.padStart(2, '0')}`;
}
