import { escapeHtml } from './escape.ts';

/** A table in a frame of its own that scrolls sideways where it must; the page never does. Cells are text. */
export function textTable(
  label: string,
  head: readonly string[],
  body: readonly (readonly string[])[],
  rowAttributes: (index: number) => string = () => '',
): string {
  return htmlTable(
    label,
    head,
    body.map((row) => row.map(escapeHtml)),
    rowAttributes,
  );
}

/** The same with cells that are HTML already. */
export function htmlTable(
  label: string,
  head: readonly string[],
  body: readonly (readonly string[])[],
  rowAttributes: (index: number) => string = () => '',
): string {
  const top = head.map((cell) => `<th scope="col">${escapeHtml(cell)}</th>`).join('');
  const rows = body.map(
    (row, index) => `<tr${rowAttributes(index)}>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`,
  );
  return `<div class="wide" tabindex="0" role="region" aria-label="${escapeHtml(label)}"><table><thead><tr>${top}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

/** A button that opens the details of a trial. */
export function trialButton(number: number): string {
  return `<button type="button" class="trial" data-trial="${number}">${number}</button>`;
}
