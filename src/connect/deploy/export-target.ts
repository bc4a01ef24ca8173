import type { JsonObject } from '../../base/json.ts';
import { formatYaml } from '../../document/yaml.ts';
import { catalogueOf } from '../epp/catalogue.ts';
import { type ExportedConfig, exportConfig } from '../epp/export-config.ts';
import { exportEngines, shellQuoted, vllmLine } from '../vllm/export-args.ts';
import { type Deployment, deploymentOf, type FilledStrategy } from './deployment.ts';
import { toBlis } from './export-blis.ts';
import { helmValues } from './helm-values.ts';
import { ENGINE_KEYS, ROUTER_KEYS, simulatedWith } from './simulated-with.ts';

/** What a point can be written as. */
export const EXPORT_TARGETS = ['blis', 'epp', 'vllm', 'helm-values', 'configmap', 'json'] as const;
export type ExportTarget = (typeof EXPORT_TARGETS)[number];

/** Names of files in a folder with several targets. */
export const EXPORT_FILES: Readonly<Record<ExportTarget, string>> = {
  blis: 'blis.sh',
  epp: 'epp-config.yaml',
  vllm: 'vllm.sh',
  'helm-values': 'values.yaml',
  configmap: 'configmap.yaml',
  json: 'point.json',
};

export interface ExportRequest {
  readonly strategy: FilledStrategy;
  readonly routerVersion: string;
  /** Lines about where the point comes from. */
  readonly provenance: readonly string[];
  /** For BLIS. */
  readonly workload: unknown;
  readonly seeds: readonly number[];
  /** The point itself, for JSON. */
  readonly point: JsonObject;
}

export interface ExportedTarget {
  readonly text: string;
  /** What is not in the text although the strategy has it. */
  readonly leftOut: readonly string[];
}

/** Writes a point for one target. @throws InputError for a strategy that is no deployment */
export function exportTarget(target: ExportTarget, request: ExportRequest): ExportedTarget {
  if (target === 'blis') return blisScript(request);
  if (target === 'json') return { text: `${JSON.stringify(jsonPoint(request), null, 2)}\n`, leftOut: [] };
  const deployment = deploymentOf(request.strategy);
  const catalogue = catalogueOf(request.routerVersion);
  switch (target) {
    case 'vllm':
      return vllmScript(request, deployment);
    case 'epp': {
      const routing = exportConfig(deployment, catalogue);
      const leftOut = [...deployment.leftOut, ...routing.leftOut];
      return { text: pickerText(request, deployment, routing), leftOut };
    }
    case 'configmap': {
      const routing = exportConfig(deployment, catalogue);
      const leftOut = [...deployment.leftOut, ...routing.leftOut];
      const document = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'paretune-plugins' },
        data: { [EXPORT_FILES.epp]: pickerText(request, deployment, routing) },
      };
      return { text: `${comments([...request.provenance, ...lost(leftOut)])}${formatYaml(document)}`, leftOut };
    }
    case 'helm-values':
      return values(request, deployment, exportConfig(deployment, catalogue));
    default:
      return target satisfies never;
  }
}

function comments(lines: readonly string[]): string {
  return lines.map((line) => `# ${line}\n`).join('');
}

function lost(leftOut: readonly string[]): readonly string[] {
  return leftOut.map((one) => `left out: ${one}`);
}

function pickerText(request: ExportRequest, deployment: Deployment, routing: ExportedConfig): string {
  const { commit } = catalogueOf(request.routerVersion);
  const head = [
    ...request.provenance,
    `for llm-d router ${request.routerVersion} (${commit}); weights mean the same in any common multiple`,
    simulatedWith(deployment.settings, ROUTER_KEYS),
    ...routing.notes.map((note) => `note: ${note}`),
    ...routing.alpha.map((type) => `Alpha plugin ${type}: start the router with --allow-experimental-plugins`),
    ...lost([...deployment.leftOut, ...routing.leftOut]),
    'settings of the engines are in --as vllm, numbers of instances in --as helm-values',
  ];
  return `${comments(head)}${formatYaml(routing.document)}`;
}

function vllmScript(request: ExportRequest, deployment: Deployment): ExportedTarget {
  const { engines, leftOut: engine } = exportEngines(deployment.settings, deployment.config);
  const leftOut = [...deployment.leftOut, ...engine];
  const head = [...request.provenance, ...engineComments(deployment), ...lost(leftOut)];
  const lines = engines.map((one) => `${one.role === null ? '' : `# ${one.role} instances\n`}${vllmLine(one)}\n`);
  return { text: `#!/bin/sh\n${comments(head)}${lines.join('')}`, leftOut };
}

function engineComments({ settings, config }: Deployment): readonly string[] {
  const { notes, hidden } = exportEngines(settings, config);
  return [...notes.map((note) => `note: ${note}`), ...(hidden ? [simulatedWith(settings, ENGINE_KEYS)] : [])];
}

function values(request: ExportRequest, deployment: Deployment, routing: ExportedConfig): ExportedTarget {
  const { leftOut: engine } = exportEngines(deployment.settings, deployment.config);
  const helm = helmValues(deployment, pickerText(request, deployment, routing));
  const leftOut = [...deployment.leftOut, ...routing.leftOut, ...engine, ...helm.leftOut];
  const head = [
    ...request.provenance,
    '`router` is for the chart of llm-d-router, the rest for llm-d-modelservice',
    ...engineComments(deployment),
    ...lost(leftOut),
  ];
  return { text: `${comments(head)}${formatYaml(helm.document)}`, leftOut };
}

function blisScript({ strategy, provenance, workload, seeds }: ExportRequest): ExportedTarget {
  const { flags, policy, leftOut } = toBlis(strategy);
  const file = (name: string, content: unknown): string => `cat > ${name} <<'END'\n${formatYaml(content)}END\n`;
  const words = flags.map(([flag, value]) => (value === null ? flag : `${flag} ${shellQuoted(value)}`));
  if (policy !== null) words.push('--policy-config policy.yaml');
  words.push('--workload-spec workload.yaml', `--seed ${seeds[0]}`);
  const head = comments([...provenance, `seeds of the study: ${seeds.join(', ')}`, ...lost(leftOut)]);
  const files = `${policy === null ? '' : file('policy.yaml', policy)}${file('workload.yaml', workload)}`;
  return { text: `#!/bin/sh\n${head}${files}blis run ${words.join(' \\\n  ')}\n`, leftOut };
}

function jsonPoint({ strategy, provenance, point, routerVersion }: ExportRequest): JsonObject {
  const isDeployment = strategy.simulator === 'cluster';
  const routing = isDeployment ? exportConfig(deploymentOf(strategy), catalogueOf(routerVersion)) : null;
  return {
    ...point,
    provenance: [...provenance],
    simulator: strategy.simulator,
    policies: [...strategy.policies],
    config: strategy.config,
    ...(routing === null
      ? {}
      : { endpoint_picker_config: routing.document, router_version: routerVersion, left_out: [...routing.leftOut] }),
  };
}
