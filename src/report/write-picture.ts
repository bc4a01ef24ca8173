import { join } from 'node:path';
import { writeTextFile } from '../study/io/text-file.ts';
import type { Picture } from './chart/render.ts';

/** Writes `<name>.svg` and `<name>.png`. @throws InputError when the folder cannot be written */
export function writePicture(folder: string, name: string, { svg, png }: Picture): void {
  writeTextFile(join(folder, `${name}.svg`), svg);
  writeTextFile(join(folder, `${name}.png`), png);
}
