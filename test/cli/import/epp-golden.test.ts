import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { JsonObject } from '../../../src/base/json.ts';
import { exportTarget } from '../../../src/connect/deploy/export-target.ts';
import { ROUTER_VERSIONS } from '../../../src/connect/epp/catalogue.ts';
import { commandHere } from '../../support/command-here.ts';
import { dataOf } from '../../support/json-output.ts';

const FOLDER = new URL('../../fixtures/epp/', import.meta.url).pathname;
const verdicts = JSON.parse(readFileSync(`${FOLDER}verdicts.json`, 'utf8')) as Record<string, 'OK' | 'ERROR'>;
const registry = JSON.parse(readFileSync(`${FOLDER}router-plugins.json`, 'utf8')) as Record<
  string,
  { stability: string; deprecatedIn?: string }
>;
const FILES = readdirSync(`${FOLDER}golden`).sort();

/** Parameters of the plugins that are written, as the router documents them. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  'approx-prefix-cache-producer': ['autoTune', 'blockSizeTokens', 'lruCapacityPerServer'],
  'prefix-cache-scorer': ['prefixMatchInfoProducerName'],
  'token-load-scorer': ['queueThresholdTokens'],
  'prefix-cache-affinity-filter': ['affinityThreshold', 'maxTTFTPenaltyMs', 'peakPrefillThroughput'],
  'utilization-detector': ['queueDepthThreshold', 'kvCacheUtilThreshold'],
  'concurrency-detector': ['maxConcurrency'],
  'prefix-based-pd-decider': ['nonCachedTokens', 'promptTokens'],
  'disagg-profile-handler': ['deciders'],
  'precise-prefix-cache-producer': ['tokenProcessorConfig'],
  'token-producer': ['modelName', 'vllm'],
};
/** Producers that the router does not add by itself. */
const NEEDS: Readonly<Record<string, string>> = { 'token-load-scorer': 'inflight-load-producer' };
const SECTIONS = ['apiVersion', 'kind', 'plugins', 'schedulingProfiles', 'featureGates', 'flowControl', 'dataLayer'];

interface Written {
  readonly plugins: readonly { name?: string; type: string; parameters?: JsonObject }[];
  readonly schedulingProfiles: readonly { name: string; plugins: readonly { pluginRef: string; weight?: unknown }[] }[];
}

/** What a router would refuse of a file, by its documentation alone. */
function refusedBy(text: string): readonly string[] {
  const file = parse(text) as Written & JsonObject;
  const names = file.plugins.map(({ name, type }) => name ?? type);
  const types = file.plugins.map(({ type }) => type);
  const refs = [...text.matchAll(/(?:[pP]luginRef|ProducerName|PolicyRef|deciders:\s+prefill): (\S+)/g)];
  const scorer = (ref: string): boolean => types[names.indexOf(ref)]!.endsWith('-scorer');
  return [
    ...Object.keys(file).filter((key) => !SECTIONS.includes(key)),
    ...types.filter((type) => registry[type]?.stability !== 'Beta' || registry[type].deprecatedIn !== undefined),
    ...names.filter((name, index) => names.indexOf(name) !== index),
    ...file.plugins.flatMap(({ type, parameters = {} }) =>
      Object.keys(parameters).filter((key) => !(PARAMETERS[type] ?? []).includes(key)),
    ),
    ...refs.map(([, name]) => name!).filter((name) => !names.includes(name)),
    ...types.filter((type) => NEEDS[type] !== undefined && !types.includes(NEEDS[type])),
    ...file.schedulingProfiles.flatMap(({ name, plugins }) => [
      ...plugins.filter((one) => scorer(one.pluginRef) !== Number.isFinite(one.weight)).map(() => name),
      ...(plugins.filter(({ pluginRef }) => pluginRef.endsWith('-picker')).length === 1 ? [] : [name]),
    ]),
    ...(file.schedulingProfiles.length > 1 && !types.includes('disagg-profile-handler') ? ['no handler'] : []),
    ...('flowControl' in file && !text.includes('- flowControl\n') ? ['no gate'] : []),
  ];
}

const said = new Map<string, { readonly code: number; readonly stdout: string; readonly stderr: string }>();
beforeAll(async () => {
  for (const name of FILES) said.set(name, await commandHere('import', 'epp', `${FOLDER}golden/${name}`, '--json'));
}, 120_000);

describe('paretune import epp of every file that the router’s own loader has judged', () => {
  it('refuses the bad ones with one line for each mistake, and no other than those it names', () => {
    expect(FILES).toHaveLength(30);
    for (const [name, { code, stdout, stderr }] of said) {
      if (code === 0) continue;
      expect([code, stdout], name).toEqual([2, '']);
      for (const line of stderr.trimEnd().split('\n')) {
        expect(line, name).toMatch(/^paretune: \S+\.yaml:\d+:\d+ [\w[\].]+: ./);
        expect(line.length, name).toBeLessThan(400);
      }
      // A file that the router starts with is refused by the name of the plugin that fails later.
      if (verdicts[name] === 'OK') expect(stderr, name).toMatch(/plugin (queue-scorer|disagg-profile-handler)\b/);
    }
    const refused = FILES.filter((name) => said.get(name)!.code === 2);
    const bad = FILES.filter((name) => verdicts[name] === 'ERROR');
    expect(refused).toEqual([...bad, 'pd-one-profile.yaml', 'weight-negative.yaml'].sort());
  });

  it('takes all others, and what is exported of them a router of either version would start with', () => {
    const taken = FILES.filter((name) => said.get(name)!.code === 0);
    expect(taken).toHaveLength(15);
    for (const name of taken) {
      const { settings } = dataOf(said.get(name)!.stdout) as { settings: JsonObject };
      for (const routerVersion of ROUTER_VERSIONS) {
        const strategy = { simulator: 'cluster', policies: [], config: settings };
        const request = { strategy, routerVersion, provenance: [], workload: {}, seeds: [1], point: {} };
        const { text, leftOut } = exportTarget('epp', request);
        expect([name, leftOut, refusedBy(text)]).toEqual([name, [], []]);
      }
    }
  });

  it('names what is not simulated of them', () => {
    expect(said.get('flow-control-defined.yaml')!.stdout).toContain('utilization-detector headroom 0.2');
    expect(said.get('flow-control-concurrency.yaml')!.stdout).toContain('concurrencyMode hybrid');
  });
});
