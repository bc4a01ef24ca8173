import ts from 'typescript';

/**
 * Places where a file reads a name that it does not declare: globals of the language and of Node. Names in types are left
 * out, and so are those after a dot.
 */
export function freeNames(tree: ts.SourceFile): ts.Identifier[] {
  const found: ts.Identifier[] = [];
  const visit = (node: ts.Node, known: readonly ReadonlySet<string>[]): void => {
    if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return;
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    if (ts.isIdentifier(node)) {
      if (isRead(node) && !known.some((names) => names.has(node.text))) found.push(node);
      return;
    }
    const own = declaredIn(node);
    const within = own.size > 0 ? [...known, own] : known;
    ts.forEachChild(node, (child) => visit(child, within));
  };
  visit(tree, []);
  return found;
}

function isRead(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isBindingElement(parent)) return parent.initializer === node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isExportSpecifier(parent) || ts.isImportSpecifier(parent) || ts.isMetaProperty(parent)) return false;
  if (ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)) return false;
  return (parent as { name?: ts.Node }).name !== node;
}

/** Names that hold inside a node, by its own declarations. */
function declaredIn(node: ts.Node): ReadonlySet<string> {
  const names = new Set<string>();
  if (ts.isSourceFile(node) || ts.isBlock(node) || ts.isModuleBlock(node) || ts.isCaseOrDefaultClause(node))
    for (const statement of node.statements) addDeclared(statement, names);
  if (ts.isFunctionLike(node)) {
    for (const parameter of node.parameters) addBinding(parameter.name, names);
    if (ts.isFunctionExpression(node) && node.name) names.add(node.name.text);
  }
  if (ts.isClassExpression(node) && node.name) names.add(node.name.text);
  if (ts.isForStatement(node) || ts.isForOfStatement(node) || ts.isForInStatement(node)) {
    const first = node.initializer;
    if (first && ts.isVariableDeclarationList(first))
      for (const { name } of first.declarations) addBinding(name, names);
  }
  if (ts.isCatchClause(node) && node.variableDeclaration) addBinding(node.variableDeclaration.name, names);
  return names;
}

function addDeclared(statement: ts.Statement, names: Set<string>): void {
  if (ts.isVariableStatement(statement)) {
    for (const { name } of statement.declarationList.declarations) addBinding(name, names);
  } else if (ts.isImportDeclaration(statement)) {
    const clause = statement.importClause;
    if (clause?.name) names.add(clause.name.text);
    const bindings = clause?.namedBindings;
    if (bindings && ts.isNamespaceImport(bindings)) names.add(bindings.name.text);
    else for (const element of bindings?.elements ?? []) names.add(element.name.text);
  } else if (
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isImportEqualsDeclaration(statement)
  ) {
    if (statement.name) names.add(statement.name.text);
  }
}

function addBinding(name: ts.BindingName, names: Set<string>): void {
  if (ts.isIdentifier(name)) names.add(name.text);
  else for (const element of name.elements) if (ts.isBindingElement(element)) addBinding(element.name, names);
}
