import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeInputError, InputError } from '../../../src/base/errors.ts';
import { catalogueOf, ROUTER_VERSIONS } from '../../../src/connect/epp/catalogue.ts';
import { readPickerFile } from '../../../src/connect/epp/read-picker-file.ts';

const FIXTURES = new URL('../../fixtures/epp/', import.meta.url);
const fixture = (name: string): string => readFileSync(new URL(name, FIXTURES), 'utf8');
const verdicts = JSON.parse(fixture('verdicts.json')) as Record<string, 'OK' | 'ERROR'>;
const GOLDEN = readdirSync(new URL('golden/', FIXTURES));

/** Accepted by the router, which then fails with the first request or prefers the worst instance. */
const STRICTER: Readonly<Record<string, RegExp>> = {
  'weight-negative.yaml': /plugin queue-scorer: a weight must be ≥ 0, got -1/,
  'pd-one-profile.yaml': /plugin disagg-profile-handler needs the decode profile "decode"/,
};

function read(text: string) {
  return readPickerFile(text, 'epp.yaml', catalogueOf());
}

function refusal(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (error instanceof InputError) return describeInputError(error);
    throw error;
  }
  return '';
}

function picker(plugins: string, profiles: string, more = ''): string {
  return `apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\nplugins:\n${plugins}\nschedulingProfiles:\n${profiles}\n${more}`;
}

const single = (plugins: readonly string[], refs: readonly string[], more = '') =>
  picker(
    plugins.map((one) => `- ${one}`).join('\n'),
    `- name: default\n  plugins:\n${refs.map((one) => `  - ${one}`).join('\n')}`,
    more,
  );

describe('the catalogue', () => {
  it.each(ROUTER_VERSIONS)(
    'of %s has the plugins that the router registers, with stability and deprecation',
    (version) => {
      const registered = JSON.parse(fixture('router-plugins.json')) as Record<string, object>;
      const { plugins } = catalogueOf(version);
      const ours = Object.entries(plugins).map(([type, { stability, deprecated }]) => [
        type,
        {
          stability,
          ...(deprecated === undefined ? {} : { deprecatedIn: deprecated.since, replacement: deprecated.replacement }),
        },
      ]);
      expect(Object.fromEntries(ours)).toEqual(registered);
    },
  );
});

describe('files that the router’s own loader has judged', () => {
  it('are known one by one', () => {
    expect(GOLDEN.sort()).toEqual(Object.keys(verdicts).sort());
  });

  it.each(GOLDEN)(
    '%s: what it refuses is refused, what it accepts is imported or refused by the name of a plugin',
    (name) => {
      const said = refusal(fixture(`golden/${name}`));
      if (verdicts[name] === 'ERROR') expect(said).toMatch(/^epp\.yaml:\d+:\d+ /);
      else if (Object.hasOwn(STRICTER, name)) expect(said).toMatch(STRICTER[name]!);
      else expect(said).toBe('');
    },
  );

  it('say what the router ignores', () => {
    const warnings = (name: string) => read(fixture(`golden/${name}.yaml`)).warnings.join('\n');
    expect(warnings('weight-on-picker')).toContain(
      'plugin max-score-picker is no scorer: the router ignores its weight',
    );
    expect(warnings('weight-zero')).toContain('plugin queue-scorer has weight 0');
    expect(warnings('param-unknown-on-parameterless')).toContain('the router ignores "foo"');
    expect(warnings('flow-control-no-gate')).toContain('flowControl: counts only with `featureGates: [flowControl]`');
    expect(warnings('ok')).toBe('');
  });
});

describe('a file with many mistakes', () => {
  it('is told of all of them at once, each with its place', () => {
    const said = refusal(
      `apiVersion: llm-d.ai/v1alpha1
kind: EndpointPickerConfig
featureGates: [flowControl=perhaps, fast]
plugins:
- type: queue-scorer
- type: queue-scorer
- type: load-aware-scorer
  parameters: {threshold: 0}
- type: prefix-cache-scorer
  parameters: {prefixMatchInfoProducerName: queue-scorer, matchLengthWeight: 2}
- type: approx-prefix-cache-producer
  parameters: {autoTune: "yes", blockSizeToken: 64}
- type: max-score-picker
- type: random-picker
- type: single-profile-handler
- type: disagg-profile-handler
schedulingProfiles:
- name: default
  plugins:
  - pluginRef: queue-scorer
    weight: -2
  - pluginRef: approx-prefix-cache-producer
  - pluginRef: max-score-picker
  - pluginRef: random-picker
  - pluginRef: nobody
dataLayer:
  sources:
  - pluginRef: metrics-data-source
`,
    );
    const lines = said.split('\n');
    for (const line of lines) expect(line).toMatch(/^epp\.yaml:\d+:\d+ \S+: /);
    for (const expected of [
      'epp.yaml:3:16 featureGates[0]: feature gate "flowControl=perhaps" must be set to true or false',
      'epp.yaml:3:37 featureGates[1]: unknown feature gate "fast"',
      'epp.yaml:6:3 plugins[1]: plugin name "queue-scorer" is given twice',
      'plugin load-aware-scorer: must be an integer ≥ 1, got 0',
      'plugin prefix-cache-scorer: "queue-scorer" is no producer',
      'plugin prefix-cache-scorer: must be a number ≥ 0 and ≤ 1, got 2',
      'plugin approx-prefix-cache-producer: must be true or false, got "yes"',
      'unknown parameter "blockSizeToken"; did you mean "blockSizeTokens"?',
      'plugin disagg-profile-handler is a second profile handler beside single-profile-handler',
      'plugin queue-scorer: a weight must be ≥ 0, got -2',
      'plugin approx-prefix-cache-producer is no scorer, filter or picker',
      'profile "default" has 2 pickers: max-score-picker, random-picker',
      'no plugin "nobody" is listed',
      'dataLayer.sources[0].pluginRef: no plugin "metrics-data-source" is listed',
    ]) {
      expect(said).toContain(expected);
    }
  });

  it.each([
    ['kind: Deployment', 'kind: must be EndpointPickerConfig'],
    ['apiVersion: apps/v1', 'apiVersion: must be llm-d.ai/v1alpha1'],
    ['plugins: 3', 'plugins: must be a list'],
    ['flowControl: {defaultRequestTTL: 30}', 'must be a duration such as "30s"'],
    ['flowControl: {maxRequests: many}', 'must be a quantity such as "100"'],
  ])('%s is refused', (line, expected) => {
    const key = line.split(':')[0]!;
    const base = ['apiVersion: llm-d.ai/v1alpha1', 'kind: EndpointPickerConfig', 'plugins: []'];
    expect(refusal(`${[...base.filter((one) => !one.startsWith(`${key}:`)), line].join('\n')}\n`)).toContain(expected);
  });
});

describe('routing settings of a file', () => {
  it('of an empty one are the router’s built-in profile: queue 2, KV 2, prefix 3', () => {
    expect(read('').routing.settings['routing_scorers']).toEqual([
      { name: 'queue-depth', weight: 2 },
      { name: 'kv-utilization', weight: 2 },
      { name: 'prefix-affinity', weight: 3 },
    ]);
    expect(refusal('# nothing but a comment\n')).toContain('the file is empty');
  });

  it('take both API groups, names of one’s own, equal scorers twice, and no weight for 1', () => {
    const text = single(
      ['{type: queue-scorer, name: a}', '{type: queue-scorer, name: b}', '{type: max-score-picker, name: p}'],
      ['{pluginRef: a, weight: 0.5}', '{pluginRef: b}', '{pluginRef: p}'],
    );
    const expected = [{ name: 'queue-depth', weight: 1.5 }];
    expect(read(text).routing.settings['routing_scorers']).toEqual(expected);
    const old = text.replace('llm-d.ai/v1alpha1', 'inference.networking.x-k8s.io/v1alpha1');
    expect(read(old).routing.settings['routing_scorers']).toEqual(expected);
  });

  it('without profiles have every scorer of the file with weight 1', () => {
    const text =
      'apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\nplugins: [{type: queue-scorer}, {type: lora-affinity-scorer}]\n';
    expect(read(text).routing.settings['routing_scorers']).toEqual([
      { name: 'queue-depth', weight: 1 },
      { name: 'lora-affinity', weight: 1 },
    ]);
  });

  it('without a score that counts are drawn at random', () => {
    const { settings } = read(single(['type: max-score-picker'], ['pluginRef: max-score-picker'])).routing;
    expect(settings['routing_scorers']).toEqual([{ name: 'lora-affinity', weight: 1 }]);
  });

  it('of affinity filter and token load are in the router’s terms: 64-token blocks, penalty and throughput', () => {
    const { settings, leftOut } = read(fixture('golden/affinity-today-with-producer.yaml')).routing;
    expect(leftOut).toEqual([]);
    expect(settings).toMatchObject({
      affinity_filter: 'all',
      affinity_threshold: 0.8,
      max_ttft_penalty_ms: 1029,
      peak_prefill_throughput: 15928,
      queue_threshold_tokens: 4194304,
      prefix_block_tokens: 64,
      prefix_lru_blocks: 31250,
    });
  });

  it('of precise prefixes are matched/total', () => {
    expect(read(fixture('golden/precise.yaml')).routing.settings).toMatchObject({
      precise_prefix: 'router',
      routing_scorers: [
        { name: 'precise-prefix-cache', weight: 2 },
        { name: 'queue-depth', weight: 1 },
      ],
    });
  });

  it('of prefill and decode profiles take T = N − 1; 0 is never', () => {
    const { routing } = read(fixture('golden/pd.yaml'));
    expect(routing.disaggregated).toBe(true);
    expect(routing.settings).toMatchObject({
      pd_decider: 'prefix-threshold',
      pd_prefix_threshold: 15,
      prefill_routing_scorers: [
        { name: 'prefix-affinity', weight: 2 },
        { name: 'queue-depth', weight: 1 },
      ],
      decode_routing_scorers: [
        { name: 'queue-depth', weight: 1 },
        { name: 'kv-utilization', weight: 3 },
      ],
    });
    const never = fixture('golden/pd.yaml').replace('nonCachedTokens: 16', 'nonCachedTokens: 0');
    expect(read(never).routing.settings['pd_decider']).toBe('never');
    const gated = fixture('golden/pd.yaml').replace('promptTokens: 0', 'promptTokens: 300');
    expect(read(gated).routing.settings['pd_prompt_tokens']).toBe(300);
    const always = fixture('golden/pd.yaml')
      .replace(/prefix-based-pd-decider\n.*\n/, 'always-disagg-pd-decider\n')
      .replace('prefill: prefix-based', 'prefill: always-disagg')
      .replace('always-disagg-pd-decider-pd', 'always-disagg-pd');
    expect(read(always).routing.settings['pd_decider']).toBe('always');
  });

  it('with the queue have its defaults written out, and name what bands have of their own', () => {
    const { settings, leftOut } = read(fixture('golden/flow-control-concurrency.yaml')).routing;
    expect(settings).toMatchObject({
      flow_control: true,
      saturation_detector: 'concurrency',
      max_concurrency: 64,
      max_gateway_queue_depth: 2000,
      per_band_capacity: 5000,
      request_ttl: 30_000_000,
    });
    expect(leftOut).toEqual([
      'concurrency-detector concurrencyMode hybrid: requests are counted',
      'flowControl.priorityBands[0].maxRequests 100: all bands hold 5000',
      'flowControl.priorityBands[0].orderingPolicyRef edf-ordering-policy',
    ]);
  });

  it('without the queue turn low priorities away while saturated, as the router does', () => {
    expect(read(fixture('golden/ok.yaml')).routing.settings['admission']).toEqual({
      policy: 'gaie-legacy',
      gaie_qd_threshold: 5,
      gaie_kv_threshold: 0.8,
    });
  });

  it('name what is not simulated: plugins, filters, parameters', () => {
    const text = single(
      [
        'type: queue-scorer',
        'type: session-affinity-scorer',
        '{type: label-selector-filter, parameters: {matchLabels: {gpu: H100}}}',
        '{type: prefix-cache-scorer, parameters: {matchLengthWeight: 0.5}}',
        'type: probabilistic-admitter',
        '{type: weighted-random-picker, parameters: {maxNumOfEndpoints: 2}}',
      ],
      [
        'pluginRef: label-selector-filter',
        '{pluginRef: session-affinity-scorer, weight: 2}',
        'pluginRef: prefix-cache-scorer',
        'pluginRef: queue-scorer',
        'pluginRef: weighted-random-picker',
      ],
    );
    const { routing, warnings } = read(text);
    expect(routing.leftOut).toEqual([
      'filter label-selector-filter',
      'scorer session-affinity-scorer, weight 2',
      'prefix-cache-scorer matchLengthWeight 0.5',
      'weighted-random-picker maxNumOfEndpoints 2: the first endpoint is simulated',
      'admitter probabilistic-admitter',
    ]);
    expect(routing.settings['picker']).toBe('weighted-random');
    expect(warnings.join('\n')).toContain('session-affinity-scorer is Alpha');
  });

  it('without any score that is simulated are refused by the names of the scorers', () => {
    const text = single(
      ['type: session-affinity-scorer', 'type: max-score-picker'],
      ['pluginRef: session-affinity-scorer'],
    );
    expect(refusal(text)).toContain('no score of profile "default" is simulated: plugin session-affinity-scorer');
  });

  it('whose handler chooses otherwise are refused by its name', () => {
    const text = single(['type: queue-scorer', 'type: header-profile-handler'], ['pluginRef: queue-scorer']);
    expect(refusal(text)).toContain('plugin header-profile-handler: its choice of profiles is not simulated');
  });
});
