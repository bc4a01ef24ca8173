import { InputError } from '../base/errors.ts';

/** Fields of one record and the line on which it starts, counted from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/**
 * Records of comma-separated text (RFC 4180: quotes around fields with commas, quotes or line breaks). Empty lines
 * are skipped.
 * @throws InputError for a quoted field that does not end
 */
export function* readCsv(text: string, file: string): Generator<CsvRecord> {
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const lineEnd = text.indexOf('\n', at);
    const end = lineEnd < 0 ? text.length : lineEnd;
    const plain = text.slice(at, end > at && text[end - 1] === '\r' ? end - 1 : end);
    if (!plain.includes('"')) {
      if (plain !== '') yield { line, fields: plain.split(',') };
      at = end + 1;
      line++;
      continue;
    }
    const record = readQuoted(text, at, line, file);
    yield { line, fields: record.fields };
    at = record.next;
    line += record.lines;
  }
}

function readQuoted(
  text: string,
  start: number,
  line: number,
  file: string,
): { readonly fields: string[]; readonly next: number; readonly lines: number } {
  const fields: string[] = [];
  let at = start;
  let lines = 1;
  for (;;) {
    let field = '';
    if (text[at] === '"') {
      let quote = text.indexOf('"', at + 1);
      let from = at + 1;
      while (quote >= 0 && text[quote + 1] === '"') {
        field += text.slice(from, quote + 1);
        from = quote + 2;
        quote = text.indexOf('"', from);
      }
      if (quote < 0) throw new InputError('a quoted field does not end', { position: { file, line } });
      field += text.slice(from, quote);
      lines += field.split('\n').length - 1;
      at = quote + 1;
    } else {
      while (at < text.length && text[at] !== ',' && text[at] !== '\n') field += text[at++];
      if (text[at] !== ',' && field.endsWith('\r')) field = field.slice(0, -1);
    }
    fields.push(field);
    if (text[at] === '\r' && text[at + 1] === '\n') at++;
    if (text[at] === ',') {
      at++;
      continue;
    }
    if (at < text.length && text[at] !== '\n') {
      throw new InputError('text after a quoted field', { position: { file, line } });
    }
    return { fields, next: at + 1, lines };
  }
}

/** One record as a line without its end. */
export function csvLine(fields: readonly string[]): string {
  return fields.map((field) => (/[",\r\n]|^\s/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
}
