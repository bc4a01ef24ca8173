import ts from 'typescript';

/** Powers whose last bits are those of the engine: all but squares, powers of 2 and those of big integers. */
export function foreignPowers(tree: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (isPower(node) && !isTwo(node.left) && !isTwo(node.right) && !ts.isBigIntLiteral(node.left)) {
      found.push(node.getText(tree));
    }
    if (ts.isPropertyAccessExpression(node) && node.getText(tree) === 'Math.pow') found.push('Math.pow');
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function isPower(node: ts.Node): node is ts.BinaryExpression {
  if (!ts.isBinaryExpression(node)) return false;
  const { kind } = node.operatorToken;
  return kind === ts.SyntaxKind.AsteriskAsteriskToken || kind === ts.SyntaxKind.AsteriskAsteriskEqualsToken;
}

function isTwo(node: ts.Expression): boolean {
  return ts.isNumericLiteral(node) && node.text === '2';
}
