import { isJsonObject, type Json, type JsonObject } from '../base/json.ts';

/** One key of a format, as a reader of the reference sees it. */
export interface KeyRow {
  /** Keys on the way, joined by dots; `[]` for each entry of a list, `*` for any key of a map. */
  readonly path: string;
  /** What its value may be, in words. */
  readonly value: string;
  /** Whether every document, or every entry in which it may stand, has it. */
  readonly required: boolean;
  readonly description: string;
}

/** Alternatives in which so many others are nested say nothing more to a reader, who is sent to the schema instead. */
const DEEPEST = 8;

/**
 * Every key of a JSON Schema, in its order. Alternatives are merged: what a key may be in any of them stands in one row. What
 * is the same as elsewhere is told at the first place.
 * @param schema - a document whose `$ref` point into its own `$defs`
 */
export function schemaRows(schema: JsonObject): readonly KeyRow[] {
  return new SchemaWalk(schema).rows();
}

class SchemaWalk {
  readonly #schema: JsonObject;
  readonly #definitions: JsonObject;
  readonly #rows = new Map<string, { values: Set<string>; required: boolean; description: string }>();
  /** First path of each part that holds keys. */
  readonly #places = new Map<string, string>();

  constructor(schema: JsonObject) {
    this.#schema = schema;
    this.#definitions = isJsonObject(schema['$defs']) ? schema['$defs'] : {};
  }

  rows(): readonly KeyRow[] {
    this.#inside(this.#schema, '', 0);
    return [...this.#rows].map(([path, { values, ...row }]) => ({ path, value: [...values].join('; or '), ...row }));
  }

  /** Keys below `at`. */
  #inside(given: JsonObject, at: string, depth: number): void {
    if (depth > DEEPEST) return;
    const part = this.#resolved(given);
    for (const [key, value, required] of keysOf(part)) {
      const path = at === '' ? key : `${at}.${key}`;
      const twin = this.#twin(value, path);
      this.#note(path, twin === null ? valueWords(value, this.#definitions) : `as \`${twin}\``, value, required);
      if (twin === null) this.#inside(value, path, depth + 1);
    }
    const { items, additionalProperties: any } = part;
    if (isJsonObject(items)) this.#inside(items, `${at}[]`, depth + 1);
    if (isJsonObject(any) && Object.keys(any).length > 0) this.#inside(any, `${at}.*`, depth + 1);
    this.#eitherOf(
      alternatives(part).map((one) => this.#resolved(one)),
      at,
      depth,
    );
  }

  /** A key that only some of the alternatives know is not required. */
  #eitherOf(parts: readonly JsonObject[], at: string, depth: number): void {
    const withKeys = parts.filter((part) => keysOf(part).length > 0);
    for (const part of parts) this.#inside(part, at, depth + 1);
    for (const part of withKeys) {
      for (const [key] of keysOf(part)) {
        const everywhere = withKeys.every((other) =>
          keysOf(other).some(([name, , required]) => name === key && required),
        );
        const row = this.#rows.get(at === '' ? key : `${at}.${key}`);
        if (row !== undefined && !everywhere) row.required = false;
      }
    }
  }

  #resolved(part: JsonObject): JsonObject {
    const name = definitionName(part);
    const inner = name === null ? part : this.#definitions[name];
    return isJsonObject(inner) ? inner : {};
  }

  /** Where the same part stood first; null where this is the place, or where it holds no keys. */
  #twin(part: JsonObject, path: string): string | null {
    const { description: _, ...shape } = this.#resolved(part);
    const text = JSON.stringify(shape);
    if (!text.includes('"properties"')) return null;
    const first = this.#places.get(text);
    if (first === undefined) this.#places.set(text, path);
    return first === undefined || first === path ? null : first;
  }

  #note(path: string, value: string, part: JsonObject, required: boolean): void {
    const row = this.#rows.get(path);
    const text = typeof part['description'] === 'string' ? part['description'] : '';
    if (row === undefined) {
      this.#rows.set(path, { values: new Set([value]), required, description: text });
      return;
    }
    row.values.add(value);
    row.required &&= required;
    if (row.description === '') row.description = text;
  }
}

function keysOf(part: JsonObject): readonly (readonly [key: string, value: JsonObject, isRequired: boolean])[] {
  const { properties, required } = part;
  if (!isJsonObject(properties)) return [];
  const needed = Array.isArray(required) ? required : [];
  return Object.entries(properties).map(([key, value]) => [
    key,
    isJsonObject(value) ? value : {},
    needed.includes(key),
  ]);
}

function alternatives(part: JsonObject): readonly JsonObject[] {
  return ['anyOf', 'oneOf', 'allOf']
    .flatMap((word) => {
      const list = part[word];
      return Array.isArray(list) ? list.filter(isJsonObject) : [];
    })
    .concat([part['then'], part['else']].filter((one) => isJsonObject(one)));
}

function definitionName(part: JsonObject): string | null {
  const reference = part['$ref'];
  return typeof reference === 'string' ? reference.replace(/^#\/\$defs\//, '') : null;
}

/** What a value may be: `number > 0`, `list of text`, `fcfs | sjf`. */
function valueWords(part: JsonObject, definitions: JsonObject, depth = 0): string {
  const name = definitionName(part);
  if (name !== null) {
    const inner = definitions[name];
    return isJsonObject(inner) && depth < 6 ? valueWords(inner, definitions, depth + 1) : 'map';
  }
  if ('const' in part) return literal(part['const']!);
  if (Array.isArray(part['enum'])) return part['enum'].map(literal).join(' \\| ');
  const several = alternatives(part);
  if (several.length > 0) {
    const words = new Set(several.flatMap((one) => valueWords(one, definitions, depth + 1).split(' or ')));
    if (words.size > 1) words.delete('any value');
    return [...words].join(' or ');
  }
  const { type } = part;
  if (type === undefined && keysOf(part).length > 0) return 'map';
  const types = Array.isArray(type) ? type : [type ?? 'any'];
  return [...new Set(types.map((one) => typeWords(String(one), part, definitions, depth)))].join(' or ');
}

function typeWords(type: string, part: JsonObject, definitions: JsonObject, depth: number): string {
  const { items, additionalProperties: any } = part;
  switch (type) {
    case 'string':
      return 'text';
    case 'boolean':
      return 'true \\| false';
    case 'number':
    case 'integer':
      return `${type}${limits(part)}`;
    case 'array':
      return isJsonObject(items) ? `list of ${valueWords(items, definitions, depth + 1)}` : 'list';
    case 'object':
      return isJsonObject(any) && Object.keys(any).length > 0
        ? `map by name of ${valueWords(any, definitions, depth + 1)}`
        : 'map';
    case 'null':
      return 'null';
    default:
      return 'any value';
  }
}

function limits(part: JsonObject): string {
  const safe = (value: Json | undefined): number | null =>
    typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : null;
  const words = [
    ['≥', safe(part['minimum'])],
    ['>', safe(part['exclusiveMinimum'])],
    ['≤', safe(part['maximum'])],
    ['<', safe(part['exclusiveMaximum'])],
  ] as const;
  const told = words.flatMap(([sign, limit]) => (limit === null ? [] : [`${sign} ${limit}`]));
  return told.length === 0 ? '' : ` ${told.join(', ')}`;
}

function literal(value: Json): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

/** A page of the reference: one table with every key of a format. */
export function schemaMarkdown(name: string, summary: string, schema: JsonObject): string {
  const rows = schemaRows(schema).map(
    ({ path, value, required, description }) =>
      `| \`${path}\`${required ? ' **required**' : ''} | ${value}${description === '' ? '' : `: ${cell(description)}`} |`,
  );
  return [
    `## ${name}`,
    '',
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    '',
    '| key | value |',
    '|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/(?<!\\)\|/g, '\\|');
}
