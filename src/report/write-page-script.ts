import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const BESIDE = './browser/page-script.js';
/** Where the build puts it, seen from the sources. */
const BUILT = '../../dist/src/report/browser/page-script.js';

let text: string | null = null;

/** The script that pages carry: `src/report/browser` and the chart library, as the build has joined them. */
export function pageScript(): string {
  if (text !== null) return text;
  const places = [BESIDE, BUILT].map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const file = places.find(existsSync);
  if (file === undefined) throw new Error('the script of the page is missing: `npm run build` makes it');
  text = readFileSync(file, 'utf8').trim();
  return text;
}
