import { writeFileSync } from 'node:fs';
import { referencePages } from './pages.ts';

/** `npm run reference`: writes the pages of docs/reference anew. */
const ROOT = new URL('../../', import.meta.url).pathname;
for (const [name, text] of Object.entries(await referencePages())) writeFileSync(`${ROOT}docs/reference/${name}`, text);
