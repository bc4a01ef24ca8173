import { InputError, unknownName } from '../../../base/errors.ts';
import { shortText } from '../../../base/short-text.ts';
import type { PolicyModule } from '../../simulator.ts';
import type { EngineHooks, Scorer } from './policy.ts';
import { PolicyError } from './policy-error.ts';

/** Members of each hook that are functions; hooks that are functions themselves have none. `?` may be absent. */
const MEMBERS: Readonly<Record<Exclude<keyof EngineHooks, 'scorers'>, readonly string[]>> = {
  admission: ['admits'],
  scheduler: ['key'],
  priority: ['urgency'],
  pause: ['limit', 'rank', 'isOverdue'],
  prefillThreshold: [],
  stepTokens: [],
  kvTier: [],
  record: [],
};

const SCORER: readonly string[] = ['score', 'routed?', 'ended?', 'hint?'];

/** @throws InputError where a hook is unknown or not what it must be */
export function requireHooks(hooks: object, file: string): asserts hooks is EngineHooks {
  const position = { file };
  if (hooks instanceof Promise)
    throw new InputError('the default export must return hooks, not a promise', { position });
  const known = [...Object.keys(MEMBERS), 'scorers'];
  for (const [name, hook] of Object.entries(hooks)) {
    if (hook === undefined) continue;
    if (!known.includes(name)) throw unknownName('hook', name, known, { position });
    if (name !== 'scorers') requireMembers(name, hook, MEMBERS[name as keyof typeof MEMBERS], file);
    else for (const [own, scorer] of Object.entries(hook ?? {})) requireMembers(`scorers.${own}`, scorer, SCORER, file);
  }
}

function requireMembers(name: string, hook: unknown, members: readonly string[], file: string): void {
  const functions = members.length === 0 ? { [name]: hook } : (hook as Readonly<Record<string, unknown>> | null);
  for (const member of members.length === 0 ? [name] : members) {
    const key = member.replace('?', '');
    const value = functions?.[key];
    if (typeof value === 'function' || (value === undefined && member.endsWith('?'))) continue;
    const place = members.length === 0 ? name : `${name}.${key}`;
    throw new InputError(`must be a function, got ${shortText(value)}`, { position: { file }, path: place.split('.') });
  }
}

type Ask = (a?: unknown, b?: unknown, c?: unknown, d?: unknown) => unknown;

interface Rule {
  readonly words: string;
  /** @param args - what the hook was asked */
  holds(answer: unknown, ...args: readonly unknown[]): boolean;
}

const NUMBER: Rule = { words: 'a finite number', holds: (answer) => Number.isFinite(answer) };
const RANK: Rule = {
  words: 'a number or −Infinity',
  holds: (answer) => Number.isFinite(answer) || answer === Number.NEGATIVE_INFINITY,
};
const FLAG: Rule = { words: 'true or false', holds: (answer) => typeof answer === 'boolean' };
const NOTHING: Rule = { words: 'nothing', holds: (answer) => !(answer instanceof Promise) };
const SCORES: Rule = {
  words: 'one finite number for each instance',
  holds: (answer, _request, instances) => {
    const scores = answer as ArrayLike<unknown> | null | undefined;
    const count = (instances as readonly unknown[]).length;
    if (typeof scores !== 'object' || scores?.length !== count) return false;
    for (let i = 0; i < count; i++) if (!Number.isFinite(scores[i])) return false;
    return true;
  },
};
const HINT: Rule = {
  words: 'null or {expectedCachedBlocks, urgency} in finite numbers',
  holds: (answer) => {
    if (answer === null) return true;
    const hint = answer as { readonly expectedCachedBlocks?: unknown; readonly urgency?: unknown } | undefined;
    return Number.isFinite(hint?.expectedCachedBlocks) && Number.isFinite(hint?.urgency);
  },
};

/** The same hooks, whose answers are checked: what is no answer, or thrown, is an error that names hook and request. */
export function guarded(hooks: EngineHooks, { file, pulse }: Omit<PolicyModule, 'create'>): EngineHooks {
  const { scorers, admission, scheduler, priority, pause, prefillThreshold, stepTokens } = hooks;
  const guard: Guard = (owner, hook, name, rule) => guardedCall(owner, hook, { file, name, rule, pulse });
  return {
    ...hooks,
    ...(scorers && { scorers: guardedScorers(scorers, guard) }),
    ...(admission && { admission: { admits: guard(admission, admission.admits, 'admission.admits', FLAG) } }),
    ...(scheduler && {
      scheduler: {
        ...(scheduler.fixed === undefined ? {} : { fixed: scheduler.fixed }),
        key: guard(scheduler, scheduler.key, 'scheduler.key', NUMBER),
      },
    }),
    ...(priority && { priority: { urgency: guard(priority, priority.urgency, 'priority.urgency', NUMBER) } }),
    ...(pause && {
      pause: {
        ...(pause.untilNobodyWaits === undefined ? {} : { untilNobodyWaits: pause.untilNobodyWaits }),
        limit: guard(pause, pause.limit, 'pause.limit', NUMBER),
        rank: guard(pause, pause.rank, 'pause.rank', RANK),
        isOverdue: guard(pause, pause.isOverdue, 'pause.isOverdue', FLAG),
      },
    }),
    ...(prefillThreshold && { prefillThreshold: guard(hooks, prefillThreshold, 'prefillThreshold', NUMBER) }),
    ...(stepTokens && { stepTokens: guard(hooks, stepTokens, 'stepTokens', NUMBER) }),
  };
}

type Guard = <F>(owner: object, hook: F, name: string, rule: Rule) => F;

function guardedScorers(scorers: NonNullable<EngineHooks['scorers']>, guard: Guard): Readonly<Record<string, Scorer>> {
  return Object.fromEntries(
    Object.entries(scorers).map(([name, scorer]): [string, Scorer] => {
      const { routed, ended, hint } = scorer;
      const at = `scorers.${name}`;
      return [
        name,
        {
          score: guard(scorer, scorer.score, `${at}.score`, SCORES),
          ...(routed && { routed: guard(scorer, routed, `${at}.routed`, NOTHING) }),
          ...(ended && { ended: guard(scorer, ended, `${at}.ended`, NOTHING) }),
          ...(hint && { hint: guard(scorer, hint, `${at}.hint`, HINT) }),
        },
      ];
    }),
  );
}

interface Place {
  readonly file: string;
  readonly name: string;
  readonly rule: Rule;
  readonly pulse: (() => void) | undefined;
}

/** Calls of a hook between two pulses. */
const BEAT = 64;

/** Without rest parameters: hooks are called millions of times. */
function guardedCall<F>(owner: object, hook: F, { file, name, rule, pulse }: Place): F {
  const ask = (hook as unknown as Ask).bind(owner) as Ask;
  let calls = 0;
  const checked: Ask = (a, b, c, d) => {
    let answer: unknown;
    try {
      answer = ask(a, b, c, d);
      if (pulse !== undefined && ++calls % BEAT === 0) pulse();
    } catch (error) {
      throw new PolicyError(file, `${name} failed${ofRequest(a)}: ${messageOf(error)}`);
    }
    if (rule.holds(answer, a, b)) return answer;
    throw new PolicyError(file, `${name} must return ${rule.words}, got ${shown(answer)}${ofRequest(a)}`);
  };
  return checked as unknown as F;
}

/** Which request a hook was asked about: the first argument is one, or says who is next. */
function ofRequest(subject: unknown): string {
  const { id, next } = subject as { readonly id?: unknown; readonly next?: { readonly id?: unknown } };
  const name = id ?? next?.id;
  return typeof name === 'string' ? ` for request ${shortText(name)}` : '';
}

function shown(answer: unknown): string {
  if (answer instanceof Promise) return 'a promise';
  if (typeof answer === 'number' || typeof answer === 'bigint' || answer === undefined) return String(answer);
  return Array.isArray(answer) ? `[${answer.slice(0, 8).join(', ')}]` : shortText(answer);
}

/** First line of what was thrown. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.split('\n')[0]!;
}
