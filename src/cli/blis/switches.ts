import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { SETTINGS, type SettingKey } from '../../simulators/cluster/settings/cluster-settings.ts';

const TRUE = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const FALSE = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

/** Those that no setting of the cluster is behind. */
const OTHER_SWITCHES = [
  ...['summarize-trace', 'lazy-generation', 'compat', 'descriptions'],
  ...['record-itl', 'streaming', 'unconstrained-output', 'scrape-kv-metrics', 'stay-awake'],
];

/**
 * `--switch=1` as `--switch=true`, with the words that the reference knows; `--no-switch=true` as `--no-switch`, and
 * without a trace where it is false.
 * @throws InputError for other words
 */
export function plainSwitches(argv: readonly string[]): readonly string[] {
  return argv.flatMap((word) => {
    const [, name, value] = /^--([a-z-]+)=(.*)$/s.exec(word) ?? [];
    if (name === undefined || value === undefined) return word;
    if (isSwitch(name)) return `--${name}=${truth(name, value)}`;
    if (name.startsWith('no-') && isSwitch(name.slice(3))) return truth(name, value) ? `--${name}` : [];
    return word;
  });
}

function truth(flag: string, word: string): boolean {
  if (TRUE.includes(word)) return true;
  if (FALSE.includes(word)) return false;
  throw new InputError(`must be true or false, got ${shortText(word)}`, { path: [`--${flag}`] });
}

function isSwitch(flag: string): boolean {
  if (OTHER_SWITCHES.includes(flag)) return true;
  const key = flag.replaceAll('-', '_');
  return Object.hasOwn(SETTINGS, key) && SETTINGS[key as SettingKey].rule.kind === 'boolean';
}
