import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';

/** `a->b`, without the spaces that a file may have around the arrow. */
export function pairKey(written: string): string {
  return written.replace(/\s*->\s*/, '->');
}

/**
 * One error for each end of a link, and each pair with a utilisation, that is no node.
 * @param links - null where a link has no readable ends
 * @param pairs - keys as written
 */
export function strayEnds(
  nodes: readonly string[],
  links: readonly ({ readonly src: string; readonly dst: string } | null)[],
  pairs: readonly string[],
): readonly InputError[] {
  const known = new Set(nodes);
  const stray = (end: string, path: readonly (string | number)[]): InputError[] =>
    known.has(end)
      ? []
      : [
          new InputError(`unknown node ${shortText(end)}`, {
            path: ['network', ...path],
            suggestion: `nodes: ${nodes.join(', ')}`,
          }),
        ];
  return [
    ...links.flatMap((link, index) =>
      link === null ? [] : (['src', 'dst'] as const).flatMap((end) => stray(link[end], ['links', index, end])),
    ),
    ...pairs.flatMap((pair) =>
      pairKey(pair)
        .split('->')
        .flatMap((end) => stray(end, ['util_by_pair', pair]))
        .slice(0, 1),
    ),
  ];
}
