import { writeFileSync } from 'node:fs';
import { readSources } from '../support/source/read-source.ts';
import { architecturePicture } from './picture.ts';

/** `npm run architecture`: draws the picture of ARCHITECTURE.md anew. */
const ROOT = new URL('../../', import.meta.url).pathname;
writeFileSync(`${ROOT}reports/images/architecture.svg`, architecturePicture(readSources(ROOT, 'src')));
