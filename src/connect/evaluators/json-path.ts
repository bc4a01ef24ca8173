import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';

const STEP = /\.?([A-Za-z_$@][\w$@-]*)|\[(-?\d+)\]|\[(?:"([^"]*)"|'([^']*)')\]/y;

/**
 * Steps of a path such as `$.latency.p99`, `runs[-1].ttft`, `["p99 (ms)"]`: keys and indices; a negative index counts
 * from the end. Of JSONPath (RFC 9535) these are the paths that name one place.
 * @throws InputError where it is no such path
 */
export function jsonPathSteps(path: string): readonly (string | number)[] {
  const steps: (string | number)[] = [];
  STEP.lastIndex = path.startsWith('$') ? 1 : 0;
  while (STEP.lastIndex < path.length) {
    const at = STEP.lastIndex;
    const match = STEP.exec(path);
    if (match === null) {
      throw new InputError(`is no path of keys and indices: ${shortText(path)} at character ${at + 1}`, {
        suggestion: 'write `latency.p99`, `runs[0].ttft`, `["p99 (ms)"]`',
      });
    }
    steps.push(match[2] === undefined ? (match[1] ?? match[3] ?? match[4])! : Number(match[2]));
  }
  return steps;
}

/** What stands there; undefined where nothing does. */
export function atJsonPath(document: Json, steps: readonly (string | number)[]): Json | undefined {
  let node: Json | undefined = document;
  for (const step of steps) {
    if (typeof step === 'number') node = Array.isArray(node) ? (node as readonly Json[]).at(step) : undefined;
    else node = isJsonObject(node) && Object.hasOwn(node, step) ? node[step] : undefined;
  }
  return node;
}
