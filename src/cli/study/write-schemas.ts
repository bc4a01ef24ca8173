import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { packageFile } from '../../study/io/package-file.ts';
import { FORMATS, schemaDocument } from './schema-table.ts';

// A step of the build: the package holds the JSON Schema of every format, and its example files name them.
const folder = fileURLToPath(packageFile('dist/schemas/'));
mkdirSync(folder, { recursive: true });
for (const name of Object.keys(FORMATS)) {
  writeFileSync(`${folder}${name}.json`, `${JSON.stringify(await schemaDocument(name), null, 2)}\n`);
}
