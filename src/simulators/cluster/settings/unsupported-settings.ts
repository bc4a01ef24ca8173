const AUTOSCALER = 'the autoscaler is not simulated; it would add and drain instances by KV demand while requests run';
const LORA = 'LoRA adapters are not simulated';
const DETECTORS = 'levels of saturation after a run are printed by paretune blis only';

/** Settings and flags of the reference simulator that are refused by name: what is missing, and what it would do. */
export const UNSUPPORTED_SETTINGS: Readonly<Record<string, string>> = {
  node_pools: 'node pools are not simulated; they would place instances on GPU nodes that take time to provide',
  autoscaler: AUTOSCALER,
  model_autoscaler_interval_us: AUTOSCALER,
  instance_lifecycle:
    'instance start-up is not simulated; it would keep new instances out of routing until the model is loaded',
  hw_config_by_gpu: 'instances of one pool share one GPU type; use hardware',
  lora: `${LORA}; it would declare adapters and what loading and running them costs`,
  lora_config: `${LORA}; it would declare adapters and what loading and running them costs`,
  lora_adapters: `${LORA}; it would declare adapters and their ranks`,
  lora_adapter_capacity: `${LORA}; it would limit the adapters an instance holds`,
  lora_load_base_latency_us: `${LORA}; it would set the fixed time of loading one`,
  lora_load_bandwidth_bytes_us: `${LORA}; it would set the speed of loading one`,
  lora_footprint_bytes_per_rank: `${LORA}; it would set the GPU memory an adapter takes per rank`,
  lora_scorer_weight: `${LORA}; it would add the scorer lora-affinity to the routing profile`,
  priority_policy: 'priority policies do not exist; use scheduler',
};

/** Names that are flags of `paretune blis` and no settings of a cluster: why a study has no use for them. */
export const COMMAND_LINE_NAMES: Readonly<Record<string, string>> = {
  detectors: DETECTORS,
  saturation_config: DETECTORS,
  saturation_report: DETECTORS,
  saturation_final_window: DETECTORS,
  defaults_filepath: 'defaults are built in; use model_config, hardware_config and the coefficient settings',
  lazy_generation: 'workloads are always generated as a whole',
};
