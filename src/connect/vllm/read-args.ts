import { InputError, nearestName } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { FLAG_ALIASES, type FlagValue, NEUTRAL_FLAGS, SIMULATED_FLAGS, SWITCHES } from './flags.ts';
import { shellWords } from './shell-words.ts';

/** Flags of a `vllm serve` line. */
export interface VllmArgs {
  /** Of simulated flags, by name; the last of several wins. */
  readonly values: Readonly<Record<string, string | number | boolean>>;
  /** Flags that the simulator does not have, as written. */
  readonly others: readonly string[];
}

/** Multipliers of human-readable integers, as vLLM reads them. */
const MULTIPLIERS: Readonly<Record<string, number>> = {
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};

/**
 * Reads flags, or a whole line that starts vLLM: `vllm serve MODEL …`, `python -m vllm.entrypoints.openai.api_server …`,
 * with variables in front of it.
 * @throws InputError naming the flag
 */
export function readVllmArgs(line: string): VllmArgs {
  return readVllmWords(shellWords(line));
}

export function readVllmWords(line: readonly string[]): VllmArgs {
  const values: Record<string, string | number | boolean> = {};
  const others: string[] = [];
  const words = afterCommand(line);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (!/^--?[A-Za-z]/.test(word)) {
      if (Object.hasOwn(values, 'model')) throw new InputError(`${shortText(word)} belongs to no flag`);
      values['model'] = word;
      continue;
    }
    const { name, inline, negated } = splitFlag(word);
    if (name === 'config')
      throw new InputError('--config: a file of flags is not read', { suggestion: 'write the flags' });
    const rule = Object.hasOwn(SIMULATED_FLAGS, name) ? SIMULATED_FLAGS[name] : undefined;
    const next = words[i + 1];
    const takesNext = inline === undefined && !negated && next !== undefined && takesValue(name, rule, next);
    const text = inline ?? (takesNext ? next : undefined);
    if (takesNext) i++;
    if (rule === undefined) others.push(otherFlag(name, word, text, inline !== undefined));
    else values[name] = negated ? false : flagValue(name, rule, text);
  }
  return { values, others: others.filter((one) => one !== '') };
}

/** The words behind the command, if it is there. */
function afterCommand(words: readonly string[]): readonly string[] {
  const serve = words.findIndex((word, i) => word === 'serve' && /(?:^|\/)vllm$/.test(words[i - 1] ?? ''));
  const module = words.findIndex((word) => /^vllm\.entrypoints\.openai\.api_server$|api_server\.py$/.test(word));
  const start = Math.max(serve, module);
  if (start >= 0) return words.slice(start + 1);
  return words[0] === 'serve' ? words.slice(1) : words;
}

function splitFlag(word: string): {
  readonly name: string;
  readonly inline: string | undefined;
  readonly negated: boolean;
} {
  const [, hyphens, body] = /^(--?)(.*)$/s.exec(word)!;
  const [key, inline] = body!.split(/=(.*)/s) as [string, string?];
  if (hyphens === '-' && /^O\d/.test(key)) return { name: 'compilation-config', inline: key.slice(1), negated: false };
  // `--flag.key value` sets one key of a JSON value.
  const plain = key.replaceAll('_', '-').split('.')[0]!.replace(/\+$/, '');
  const full = hyphens === '-' && Object.hasOwn(FLAG_ALIASES, plain) ? FLAG_ALIASES[plain]! : plain;
  const positive = full.replace(/^no-/, '');
  const negated = full.startsWith('no-') && isSwitch(positive);
  return { name: negated ? positive : full, inline, negated };
}

function isSwitch(name: string): boolean {
  return SIMULATED_FLAGS[name]?.kind === 'switch' || SWITCHES.includes(name);
}

function takesValue(name: string, rule: FlagValue | undefined, next: string): boolean {
  if (isSwitch(name)) return /^(true|false)$/i.test(next);
  if (rule !== undefined) return true;
  return !/^--?[A-Za-z]/.test(next);
}

/** '' for what makes no difference. @throws InputError for a likely slip of the keyboard */
function otherFlag(name: string, word: string, text: string | undefined, inline: boolean): string {
  if (NEUTRAL_FLAGS.includes(name)) return '';
  // Moving KV blocks between prefill and decode is simulated.
  if (name === 'kv-transfer-config' && /NixlConnector/.test(text ?? '')) return '';
  const isKnown = SWITCHES.includes(name) || Object.values(FLAG_ALIASES).includes(name);
  const near = isKnown ? undefined : nearestName(name, Object.keys(SIMULATED_FLAGS));
  if (near !== undefined && Math.abs(near.length - name.length) <= 2 && sharesStart(near, name)) {
    throw new InputError(`unknown vLLM flag ${shortText(`--${name}`)}`, { suggestion: `did you mean --${near}?` });
  }
  return inline || text === undefined ? word : `${word} ${text}`;
}

function sharesStart(a: string, b: string): boolean {
  return a.slice(0, 4) === b.slice(0, 4) || a.slice(-5) === b.slice(-5);
}

function flagValue(name: string, rule: FlagValue, text: string | undefined): string | number | boolean {
  switch (rule.kind) {
    case 'switch':
      if (text === undefined || /^true$/i.test(text)) return true;
      if (/^false$/i.test(text)) return false;
      throw wrong(name, 'true or false', text);
    case 'text':
      if (text === undefined || text === '') throw wrong(name, 'a text', text);
      return text;
    case 'integer':
      return name === 'max-model-len' && (text === 'auto' || text === '-1') ? 'auto' : integer(name, text);
    case 'number': {
      const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
      if (!Number.isFinite(value) || value < 0) throw wrong(name, 'a number ≥ 0', text);
      return value;
    }
    default:
      return rule satisfies never;
  }
}

function integer(name: string, text: string | undefined): number {
  const [, digits, fraction, unit] = /^\s*(\d+)(\.\d+)?([kKmMgGtT]?)\s*$/.exec(text ?? '') ?? [];
  const isWhole = fraction === undefined || (unit !== '' && unit === unit?.toLowerCase());
  if (digits === undefined || !isWhole) throw wrong(name, 'an integer such as 8192, 8k or 8K', text);
  return Math.trunc(Number(`${digits}${fraction ?? ''}`) * (unit === '' ? 1 : MULTIPLIERS[unit!]!));
}

function wrong(name: string, rule: string, text: string | undefined): InputError {
  return new InputError(`must be ${rule}, got ${text === undefined ? 'nothing' : shortText(text)}`, {
    path: [`--${name}`],
  });
}
