/** Columns of a text without colours or wide signs: takes the place of `string-width` for pages that have none. */
export default function plainWidth(text: string): number {
  return text.length;
}
