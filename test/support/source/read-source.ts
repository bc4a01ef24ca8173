import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';

/** One way in which a file asks for another module. */
export interface Import {
  /** As written; null where it is computed at run time. */
  readonly specifier: string | null;
  /** Imported names, `default` among them; '*' for the whole module, none for `import './x.ts'`. */
  readonly names: '*' | readonly string[];
  /** Gone after compilation. */
  readonly typeOnly: boolean;
  /** `export … from`: what comes in goes out again. */
  readonly passedOn: boolean;
}

/** One TypeScript file, parsed once. */
export interface SourceFile {
  /** Path from the top level, as `src/base/json.ts`. */
  readonly name: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
  /** Names of the files it imports, types included. */
  readonly targets: readonly string[];
  /** Names of the packages that it loads: types do not count, nor do Node's own modules. */
  readonly packages: readonly string[];
}

/** Every TypeScript file below `root/folder`, in the order of their names. */
export function readSources(root: string, folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => readSource(`${folder}/${name}`, readFileSync(join(root, folder, name), 'utf8')));
}

export function readSource(name: string, text: string): SourceFile {
  const tree = ts.createSourceFile(
    name,
    text,
    { languageVersion: ts.ScriptTarget.ES2023, jsDocParsingMode: ts.JSDocParsingMode.ParseNone },
    true,
  );
  const imports = importsOf(tree);
  const loaded = imports.filter(({ typeOnly }) => !typeOnly).flatMap(({ specifier }) => specifier ?? []);
  const specifiers = [...new Set(imports.flatMap(({ specifier }) => specifier ?? []))];
  return {
    name,
    tree,
    imports,
    targets: specifiers
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => resolveFrom(name, specifier)),
    packages: [...new Set(loaded.filter(isPackage).map(packageName))],
  };
}

/** Name of the file that a relative specifier stands for. */
export function resolveFrom(name: string, specifier: string): string {
  return normalize(join(dirname(name), specifier));
}

const isPackage = (specifier: string): boolean => !specifier.startsWith('.') && !specifier.startsWith('node:');
const packageName = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

function importsOf(tree: ts.SourceFile): Import[] {
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    const one = importOf(node);
    if (one !== null) found.push(one);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function importOf(node: ts.Node): Import | null {
  if (ts.isImportDeclaration(node)) {
    const clause = node.importClause;
    const typeOnly = clause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
    return {
      specifier: textOf(node.moduleSpecifier),
      names: clause ? namesOfClause(clause) : [],
      typeOnly,
      passedOn: false,
    };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    const names = node.exportClause && ts.isNamedExports(node.exportClause) ? node.exportClause.elements : null;
    return {
      specifier: textOf(node.moduleSpecifier),
      names: names?.map((element) => (element.propertyName ?? element.name).text) ?? '*',
      typeOnly: node.isTypeOnly,
      passedOn: true,
    };
  }
  if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference))
    return {
      specifier: textOf(node.moduleReference.expression),
      names: '*',
      typeOnly: node.isTypeOnly,
      passedOn: false,
    };
  if (ts.isImportTypeNode(node)) {
    const literal = ts.isLiteralTypeNode(node.argument) ? node.argument.literal : null;
    const names = node.qualifier && ts.isIdentifier(node.qualifier) ? [node.qualifier.text] : '*';
    return { specifier: literal && textOf(literal), names, typeOnly: true, passedOn: false };
  }
  if (!ts.isCallExpression(node)) return null;
  if (node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return { specifier: textOf(node.arguments[0]!), names: namesOfDynamic(node), typeOnly: false, passedOn: false };
  const required = ts.isIdentifier(node.expression) && node.expression.text === 'require' && node.arguments.length > 0;
  return required ? { specifier: textOf(node.arguments[0]!), names: '*', typeOnly: false, passedOn: false } : null;
}

const textOf = (node: ts.Node): string | null => (ts.isStringLiteralLike(node) ? node.text : null);

function namesOfClause(clause: ts.ImportClause): '*' | string[] {
  const bindings = clause.namedBindings;
  if (bindings && ts.isNamespaceImport(bindings)) return '*';
  const named = bindings?.elements.map((element) => (element.propertyName ?? element.name).text) ?? [];
  return clause.name ? ['default', ...named] : named;
}

/** Names taken from `(await import('…')).name` or `const { name } = await import('…')`; else all of the module. */
function namesOfDynamic(call: ts.CallExpression): '*' | string[] {
  if (!ts.isAwaitExpression(call.parent)) return '*';
  let user: ts.Node = call.parent.parent;
  while (ts.isParenthesizedExpression(user)) user = user.parent;
  if (ts.isPropertyAccessExpression(user)) return [user.name.text];
  if (!ts.isVariableDeclaration(user) || !ts.isObjectBindingPattern(user.name)) return '*';
  const names = user.name.elements.map(({ propertyName, name }) => propertyName ?? name);
  return names.every(ts.isIdentifier) ? names.map((name) => name.text) : '*';
}
