import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';

/** Parameters of `disagg-profile-handler`, with its defaults. */
export interface DisaggregationParameters {
  readonly profiles: { readonly decode: string; readonly prefill: string; readonly encode: string };
  /** Names of plugins; null = that stage never runs. */
  readonly deciders: { readonly prefill: string | null; readonly encode: string | null };
  readonly prefillFirst: boolean;
}

export function disaggregationOf(parameters: JsonObject): DisaggregationParameters {
  const profiles = mapOf(parameters['profiles']);
  const deciders = mapOf(parameters['deciders']);
  const name = (stage: 'decode' | 'prefill' | 'encode'): string => textOf(profiles[stage]) ?? stage;
  return {
    profiles: { decode: name('decode'), prefill: name('prefill'), encode: name('encode') },
    deciders: { prefill: textOf(deciders['prefill']), encode: textOf(deciders['encode']) },
    prefillFirst: parameters['stageOrder'] === 'prefill-first',
  };
}

function mapOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
