/** A user's text in a Markdown page: it makes no tag, no link, and no new cell or row of a table. */
export function markdownText(text: string): string {
  return text
    .replaceAll('<', '&lt;')
    .replaceAll('|', '\\|')
    .replaceAll('](', ']\\(')
    .replace(/\s*\n\s*/g, ' ');
}
