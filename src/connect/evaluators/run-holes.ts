import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';

/** `${name}` in every text below `node` → the value of that name; other holes stay. */
export function fillRunHoles(node: Json, values: JsonObject): Json {
  if (typeof node === 'string') {
    return node.replace(/\$\{([A-Za-z_]\w*)\}/g, (hole, name: string) =>
      Object.hasOwn(values, name) ? textOf(values[name]!) : hole,
    );
  }
  if (Array.isArray(node)) return node.map((item: Json) => fillRunHoles(item, values));
  if (!isJsonObject(node)) return node;
  return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, fillRunHoles(item, values)]));
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
