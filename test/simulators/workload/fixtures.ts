import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const FOLDER = new URL('../../fixtures/workload/', import.meta.url);

/** A compressed JSON fixture of test/fixtures/workload. */
export function readFixture<T>(name: string): T {
  return JSON.parse(gunzipSync(readFileSync(new URL(`${name}.json.gz`, FOLDER))).toString('utf8')) as T;
}

/** A text fixture. */
export function readText(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8');
}
