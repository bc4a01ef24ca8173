import { InputError } from '../base/errors.ts';
import { shortText } from '../base/short-text.ts';

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/**
 * Refuses JSON text in which an object has a key twice: `JSON.parse` keeps the last value without a word.
 * @param text - that `JSON.parse` accepts
 * @throws InputError that names the key
 */
export function refuseRepeatedKeys(text: string): void {
  // Keys of each open object; null for an open list.
  const open: (Set<string> | null)[] = [];
  let previous = '';
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(null);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const keys = open.at(-1)!;
      const key = JSON.parse(previous) as string;
      if (keys.has(key)) throw new InputError(`key ${shortText(key)} is given twice`, { suggestion: 'remove one' });
      keys.add(key);
    }
    previous = token;
  }
}
