import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { SETTINGS, type SettingKey } from '../../simulators/cluster/settings/cluster-settings.ts';

const TRUE = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const FALSE = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

/** `--switch=1` as `--switch=true`, with the words that the reference knows. @throws InputError for others */
export function plainSwitches(argv: readonly string[]): readonly string[] {
  return argv.map((word) => {
    const [, name, value] = /^--([a-z-]+)=(.*)$/s.exec(word) ?? [];
    if (name === undefined || value === undefined || !isSwitch(name)) return word;
    if (TRUE.includes(value)) return `--${name}=true`;
    if (FALSE.includes(value)) return `--${name}=false`;
    throw new InputError(`must be true or false, got ${shortText(value)}`, { path: [`--${name}`] });
  });
}

function isSwitch(flag: string): boolean {
  if (['summarize-trace', 'lazy-generation', 'compat'].includes(flag)) return true;
  const key = flag.replaceAll('-', '_');
  return Object.hasOwn(SETTINGS, key) && SETTINGS[key as SettingKey].rule.kind === 'boolean';
}
