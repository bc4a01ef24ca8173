import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type {
  Column,
  ColumnOwners,
  ReadColumn,
  RequestsOf,
  RequestsView,
} from '../../../src/simulators/cluster/column-owners.ts';
import type { Block, RequestIndex, Row, Slot } from '../../../src/simulators/cluster/indices.ts';
import type { GpuBlocks } from '../../../src/simulators/cluster/kv/gpu-blocks.ts';
import type { PrefixLookup } from '../../../src/simulators/cluster/kv/prefix-lookup.ts';

const CLUSTER = new URL('../../../src/simulators/cluster/', import.meta.url).pathname;
/** Where the owners are named, and the file that has all columns. */
const OWNERS = 'column-owners.ts';
const STATES = 'request-states.ts';

const files = readdirSync(CLUSTER, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const textOf = (name: string) => readFileSync(join(CLUSTER, name), 'utf8');
const parsed = (name: string) => ts.createSourceFile(name, textOf(name), ts.ScriptTarget.ES2023, true);

/** Calls `visit` with every node of a file. */
function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** Owners by column, as `ColumnOwners` names them. */
function owners(): Map<string, string> {
  const found = new Map<string, string>();
  walk(parsed(OWNERS), (node) => {
    if (!ts.isInterfaceDeclaration(node) || node.name.text !== 'ColumnOwners') return;
    for (const member of node.members) {
      if (!ts.isPropertySignature(member) || member.type === undefined) continue;
      const { type } = member;
      if (ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal)) {
        found.set(member.name.getText(), type.literal.text);
      }
    }
  });
  return found;
}

/** Views that a file asks for by name. */
function views(name: string): string[] {
  const asked: string[] = [];
  if (!textOf(name).includes('RequestsOf<')) return asked;
  walk(parsed(name), (node) => {
    if (!ts.isTypeReferenceNode(node) || node.typeName.getText() !== 'RequestsOf') return;
    asked.push(node.typeArguments?.[0]?.getText().replaceAll("'", '') ?? '');
  });
  return asked;
}

describe('columns of request state', () => {
  it('have one owner each, a file that exists', () => {
    const known = new Set(files);
    const all = owners();
    expect(all.size).toBeGreaterThan(30);
    expect([...all].filter(([, owner]) => !known.has(owner))).toEqual([]);
  });

  it('are written by nobody else: a file asks for no view but its own, and only the memory of runs holds them all', () => {
    for (const name of files.filter((file) => file !== OWNERS)) {
      expect(new Set([...views(name), name]), name).toEqual(new Set([name]));
    }
    const whole = files.filter((name) => /\bRequestStates\b/.test(textOf(name)));
    expect(whole.sort()).toEqual(['engine/run-memory.ts', STATES]);
  });

  it('are written by their owners', () => {
    const written = [...new Set(owners().values())].filter((owner) => owner !== STATES && views(owner).length === 0);
    expect(written).toEqual([]);
  });

  it('are read-only for all others, by type', () => {
    expectTypeOf<RequestsView['phase']>().toEqualTypeOf<ReadColumn>();
    expectTypeOf<RequestsOf<'instance/batch.ts'>['askAt']>().toEqualTypeOf<Column>();
    expectTypeOf<RequestsOf<'instance/batch.ts'>['phase']>().toEqualTypeOf<ReadColumn>();
    type Written<Owner extends ColumnOwners[keyof ColumnOwners]> = {
      [Name in keyof ColumnOwners]: ColumnOwners[Name] extends Owner ? Name : never;
    }[keyof ColumnOwners];
    expectTypeOf<Written<'kv/owned-blocks.ts'>>().toEqualTypeOf<'ownedAt' | 'ownedCount' | 'ownedCapacity'>();
    const write = (q: RequestsView, request: RequestIndex) => {
      // @ts-expect-error: a view that owns nothing
      q.phase[request] = 1;
    };
    const writeOther = (q: RequestsOf<'instance/batch.ts'>, request: RequestIndex) => {
      q.askAt[request] = 1;
      // @ts-expect-error: a column of another owner
      q.room[request] = 1;
    };
    expect([write, writeOther]).toHaveLength(2);
  });
});

describe('indices', () => {
  it('are not taken for one another, by type', () => {
    expectTypeOf<Row>().not.toExtend<RequestIndex>();
    expectTypeOf<RequestIndex>().not.toExtend<Row>();
    expectTypeOf<Slot>().not.toExtend<RequestIndex>();
    expectTypeOf<Block>().not.toExtend<Slot>();
    expectTypeOf<number>().not.toExtend<Row>();
    const live = (lookup: PrefixLookup, request: RequestIndex) =>
      // @ts-expect-error: what is cached is asked by row
      lookup.live(request, 1);
    const release = (gpu: GpuBlocks, row: Row) =>
      // @ts-expect-error: blocks belong to requests
      gpu.release(row, 'for good');
    const column = (q: RequestsView, row: Row) =>
      // @ts-expect-error: columns of request state are by request
      q.phase[row];
    expect([live, release, column]).toHaveLength(3);
  });
});
