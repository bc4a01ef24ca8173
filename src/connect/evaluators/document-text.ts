import type { Json } from '../../base/json.ts';
import { formatYaml } from '../../document/yaml.ts';

/** A file's content: a text as it is, a document as YAML where the name says so, else as JSON. */
export function documentText(name: string, content: Json): string {
  if (typeof content === 'string') return content;
  return /\.ya?ml$/.test(name) ? formatYaml(content) : `${JSON.stringify(content, null, 2)}\n`;
}
