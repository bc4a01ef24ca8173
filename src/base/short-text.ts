/** Longest value or key in a message, in characters. */
const LONGEST = 60;

/** Names shown of a long list. */
const MOST_NAMES = 60;

/** Line breaks, terminal controls, and marks that hide or turn round what follows them. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\u2028\u2029\ud800-\udfff]/gu;

/**
 * A value as a message shows it: JSON, at most 60 characters, control characters escaped. Every value that a user's
 * file or flag holds goes through here, so that no message quotes a whole file.
 */
export function shortText(value: unknown): string {
  return cut(printable(written(value, LONGEST + 1)));
}

/** A key or name as a message shows it without quotes: at most 60 characters, control characters escaped. */
export function shortKey(key: string): string {
  return cut(printable(key.length > 2 * LONGEST ? key.slice(0, 2 * LONGEST) : key));
}

/** Names of a list, comma-separated; a long list ends with the number of those left out. */
export function nameList(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).map(shortKey).join(', ');
  return names.length > MOST_NAMES ? `${shown} and ${names.length - MOST_NAMES} more` : shown;
}

/** The text with `\n`-like escapes instead of control characters. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const named = JSON.stringify(character).slice(1, -1);
    return named === character ? `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}` : named;
  });
}

function cut(text: string): string {
  if (text.length <= LONGEST) return text;
  const end = /[\ud800-\udbff]/.test(text[LONGEST - 4]!) ? LONGEST - 4 : LONGEST - 3;
  return `${text.slice(0, end)}…`;
}

/** JSON of the value, but only about as much of it as `room` characters take. */
function written(value: unknown, room: number): string {
  if (typeof value === 'string') return JSON.stringify(value.length > room ? value.slice(0, room) : value);
  if (typeof value !== 'object' || value === null) return String(value);
  const list = Array.isArray(value);
  let text = list ? '[' : '{';
  for (const key of Object.keys(value)) {
    if (text.length > room) return text;
    if (text.length > 1) text += ',';
    if (!list) text += `${written(key, room)}:`;
    text += written((value as Record<string, unknown>)[key], room - text.length);
  }
  return text + (list ? ']' : '}');
}
