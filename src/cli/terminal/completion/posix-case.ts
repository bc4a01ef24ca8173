/** An arm of a `case` in bash and zsh; nothing where no pattern is left: an arm without one is a syntax error. */
export function caseArm(patterns: readonly string[], body: string): string {
  if (patterns.length === 0) return '';
  return `    ${patterns.map(quoted).join(' | ')}) ${body} ;;`;
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
