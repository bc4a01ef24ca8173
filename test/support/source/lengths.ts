import ts from 'typescript';
import type { SourceFile } from './read-source.ts';

export interface NamedLength {
  /** `file.ts` or `file.ts#name`. */
  readonly name: string;
  readonly lines: number;
}

export function fileLength({ name, tree }: SourceFile): NamedLength {
  const { line, character } = tree.getLineAndCharacterOfPosition(tree.end);
  return { name, lines: character === 0 ? line : line + 1 };
}

/** Lines between the braces of every function and method; functions inside others count for themselves and for these. */
export function functionLengths({ name, tree }: SourceFile): NamedLength[] {
  const found: NamedLength[] = [];
  const lineOf = (position: number): number => tree.getLineAndCharacterOfPosition(position).line;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body && ts.isBlock(node.body)) {
      const lines = lineOf(node.body.end - 1) - lineOf(node.body.getStart(tree)) - 1;
      found.push({ name: `${name}#${nameOf(node)}`, lines });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  const owner = node.name ?? (node.parent as { name?: ts.Node }).name;
  return owner?.getText() ?? 'anonymous';
}
