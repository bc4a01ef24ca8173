import ts from 'typescript';
import { resolveFrom, type SourceFile } from './read-source.ts';

/**
 * Exports as `file.ts#name` that no other of the files imports. A type also counts as used by the signature that names it
 * in its own file.
 */
export function deadExports(files: readonly SourceFile[]): string[] {
  const used = new Map<string, Set<string>>();
  for (const { name, imports } of files)
    for (const { specifier, names } of imports) {
      if (specifier === null || !specifier.startsWith('.')) continue;
      const target = resolveFrom(name, specifier);
      const known = used.get(target) ?? new Set();
      used.set(target, known);
      for (const one of names === '*' ? ['*'] : names) known.add(one);
    }
  return files.flatMap((file) => {
    const known = used.get(file.name);
    if (known?.has('*')) return [];
    return exportsOf(file.tree)
      .filter(({ name, isType }) => !known?.has(name) && !(isType && isNamedTwice(file, name)))
      .map(({ name }) => `${file.name}#${name}`);
  });
}

interface Exported {
  readonly name: string;
  readonly isType: boolean;
}

const exported = (name: string, isType = false): Exported => ({ name, isType });

function exportsOf(tree: ts.SourceFile): Exported[] {
  return tree.statements.flatMap((statement) => {
    if (ts.isExportAssignment(statement)) return [exported('default')];
    if (ts.isExportDeclaration(statement))
      return statement.exportClause && ts.isNamedExports(statement.exportClause)
        ? statement.exportClause.elements.map(({ name }) => exported(name.text))
        : [];
    const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
    const kinds = modifiers.map(({ kind }) => kind);
    if (!kinds.includes(ts.SyntaxKind.ExportKeyword)) return [];
    if (kinds.includes(ts.SyntaxKind.DefaultKeyword)) return [exported('default')];
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.map(({ name }) => exported(name.getText(tree)));
    const isType = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement);
    return [exported((statement as unknown as { name: ts.Identifier }).name.text, isType)];
  });
}

function isNamedTwice({ tree }: SourceFile, name: string): boolean {
  let count = 0;
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && node.text === name) count++;
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return count > 1;
}
