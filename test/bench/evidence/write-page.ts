import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FOLDER } from './figures.ts';
import { pageOf, WORDS } from './page.ts';

writeFileSync(join(FOLDER, 'README.md'), pageOf(readFileSync(WORDS, 'utf8')));
