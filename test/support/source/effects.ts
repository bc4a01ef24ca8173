import { builtinModules } from 'node:module';
import ts from 'typescript';
import { freeNames } from './free-names.ts';
import type { SourceFile } from './read-source.ts';

/** What a module may do beyond computing values from its arguments. */
export type EffectKind = 'files' | 'network' | 'processes' | 'threads' | 'clock' | 'chance' | 'terminal' | 'code';

export interface Effect {
  readonly kind: EffectKind;
  /** What was written, for the message. */
  readonly what: string;
}

/** Node's modules by what they are for; a module that is not named here counts as `code`, the widest of all. */
const MODULES: Readonly<Record<string, EffectKind>> = {
  ...kinds('files', ['fs', 'path', 'os', 'url', 'zlib']),
  ...kinds('network', ['http', 'https', 'http2', 'net', 'tls', 'dgram', 'dns']),
  ...kinds('processes', ['child_process', 'cluster', 'process']),
  ...kinds('threads', ['worker_threads']),
  ...kinds('clock', ['timers', 'perf_hooks']),
  ...kinds('chance', ['crypto']),
  ...kinds('terminal', ['readline', 'tty', 'console']),
};

/** Packages that do something by themselves. */
const PACKAGES: Readonly<Record<string, EffectKind>> = kinds('threads', ['piscina']);

const GLOBALS: Readonly<Record<string, EffectKind>> = {
  ...kinds('network', ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest', 'navigator']),
  ...kinds('processes', ['process']),
  ...kinds('threads', ['Worker', 'MessageChannel', 'BroadcastChannel']),
  ...kinds('clock', ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance', 'AbortSignal']),
  ...kinds('chance', ['crypto', 'WeakRef', 'FinalizationRegistry']),
  ...kinds('terminal', ['console']),
  ...kinds('code', ['globalThis', 'global', 'window', 'self', 'eval', 'Function', 'require', 'module', 'WebAssembly']),
  ...kinds('files', ['__dirname', '__filename']),
};

/** Every effect of a module, in the order in which it is written. Types do nothing, and neither do names of one's own. */
export function effectsOf(file: SourceFile): Effect[] {
  return [...importedEffects(file), ...globalEffects(file.tree), ...metaEffects(file.tree)];
}

function importedEffects({ imports }: SourceFile): Effect[] {
  return imports
    .filter(({ typeOnly }) => !typeOnly)
    .flatMap(({ specifier }): Effect[] => {
      if (specifier === null) return [{ kind: 'code', what: 'import of a computed name' }];
      const bare = specifier.replace(/^node:/, '').split('/')[0]!;
      if (specifier.startsWith('node:') || builtinModules.includes(bare))
        return [{ kind: MODULES[bare] ?? 'code', what: specifier }];
      const kind = PACKAGES[specifier];
      return kind === undefined ? [] : [{ kind, what: specifier }];
    });
}

function globalEffects(tree: ts.SourceFile): Effect[] {
  return freeNames(tree).flatMap((node): Effect[] => {
    if (node.text === 'Date') return readsClock(node) ? [{ kind: 'clock', what: node.parent.getText(tree) }] : [];
    if (node.text === 'Math') return drawsNumbers(node) ? [{ kind: 'chance', what: node.parent.getText(tree) }] : [];
    const kind = Object.hasOwn(GLOBALS, node.text) ? GLOBALS[node.text] : undefined;
    return kind === undefined ? [] : [{ kind, what: node.text }];
  });
}

/** Innocent are `Date.UTC(…)`, `Date.parse(…)`, `instanceof Date` and `new Date(time)`. */
function readsClock({ parent }: ts.Identifier): boolean {
  if (ts.isPropertyAccessExpression(parent)) return !['UTC', 'parse'].includes(parent.name.text);
  if (ts.isNewExpression(parent)) return (parent.arguments ?? []).length === 0;
  return !(ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword);
}

/** Innocent is `Math.name` and `const { name } = Math`, where the name is not `random`. */
function drawsNumbers({ parent }: ts.Identifier): boolean {
  if (ts.isPropertyAccessExpression(parent)) return parent.name.text === 'random';
  if (!ts.isVariableDeclaration(parent) || !ts.isObjectBindingPattern(parent.name)) return true;
  return parent.name.elements.some(
    ({ propertyName, name, dotDotDotToken }) =>
      dotDotDotToken !== undefined || (propertyName ?? name).getText() === 'random',
  );
}

/** `import.meta` says where the program lies. */
function metaEffects(tree: ts.SourceFile): Effect[] {
  const found: Effect[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword)
      found.push({ kind: 'files', what: 'import.meta' });
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function kinds(kind: EffectKind, names: readonly string[]): Record<string, EffectKind> {
  return Object.fromEntries(names.map((name) => [name, kind]));
}
