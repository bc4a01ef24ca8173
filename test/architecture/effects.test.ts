import { describe, expect, test } from 'vitest';
import { type EffectKind, effectsOf } from '../support/source/effects.ts';
import { readSource } from '../support/source/read-source.ts';

const CAUGHT: readonly (readonly [source: string, kind: EffectKind])[] = [
  ["import { readFileSync } from 'node:fs';", 'files'],
  ["import { readFile } from 'node:fs/promises';", 'files'],
  ["import fs from 'fs';", 'files'],
  ["import 'fs';", 'files'],
  ["export { readFileSync } from 'fs';", 'files'],
  ["import fs = require('fs');", 'files'],
  ["const fs = await import('fs');", 'files'],
  ["const fs = await import('node:fs');", 'files'],
  ["const fs = require('fs');", 'files'],
  ["import { createRequire } from 'module';", 'code'],
  ["import { sep } from 'path';", 'files'],
  ["import { Worker } from 'worker_threads';", 'threads'],
  ["const { Piscina } = await import('piscina');", 'threads'],
  ["import { spawn } from 'child_process';", 'processes'],
  ["import http from 'http';", 'network'],
  ["import { randomInt } from 'crypto';", 'chance'],
  ["import { setTimeout as pause } from 'node:timers/promises';", 'clock'],
  ["import vm from 'vm';", 'code'],
  ["const fs = process.getBuiltinModule('fs');", 'processes'],
  ["export const home = process['env'];", 'processes'],
  ['const { env } = process;', 'processes'],
  ['export const mode = process.platform;', 'processes'],
  ["await fetch('http://localhost');", 'network'],
  ["new WebSocket('ws://localhost');", 'network'],
  ["new Worker('./other.js');", 'threads'],
  ['setTimeout(() => {}, 5);', 'clock'],
  ['setInterval(() => {}, 5);', 'clock'],
  ['setImmediate(() => {});', 'clock'],
  ['const limit = AbortSignal.timeout(5);', 'clock'],
  ['const at = Date.now();', 'clock'],
  ["const at = Date['now']();", 'clock'],
  ['const { now } = Date;', 'clock'],
  ['const at = new Date();', 'clock'],
  ['const at = Date();', 'clock'],
  ['const { now } = performance;', 'clock'],
  ['const u = Math.random();', 'chance'],
  ["const u = Math['random']();", 'chance'],
  ['const { random } = Math;', 'chance'],
  ['const source = Math;', 'chance'],
  ['const id = crypto.randomUUID();', 'chance'],
  ["const { log } = console; log('x');", 'terminal'],
  ['globalThis.setTimeout(() => {}, 5);', 'code'],
  ["global['process'].exit();", 'code'],
  ["eval('process.exit()');", 'code'],
  ["new Function('return process')();", 'code'],
  ["const name = 'fs'; await import(name);", 'code'],
  ['export const here = import.meta.url;', 'files'],
  ['function inner(process: string) { return process; } export const pid = process.pid;', 'processes'],
];

const INNOCENT: readonly string[] = [
  "import type { Worker } from 'node:worker_threads';",
  "export type Stream = import('node:stream').Readable;",
  "import { fs } from './fs.ts';",
  'export interface Clock { readonly process: () => number; readonly console: Console; }',
  'export function step(process: number, fetch: number) { return process + fetch; }',
  'const console = { log: 1 }; export const kept = console.log;',
  'export const row = { process: 1, fetch: 2, setTimeout: 3 };',
  'export const wait = (queue: { setTimeout(): void }) => queue.setTimeout();',
  'for (const module of [1, 2]) export_(module); function export_(n: number) { return n; }',
  'try { step(); } catch (global) { throw global; } function step() {}',
  'export const day = (at: number) => new Date(at).toISOString();',
  "export const start = Date.UTC(2026, 0, 1) - Date.parse('2026-01-01');",
  'export const isDate = (value: unknown) => value instanceof Date;',
  'const { floor, exp: power } = Math; export const e = floor(power(1));',
  'export const half = Math.floor(0.5);',
  "// import fs from 'fs'\nexport const text = \"import fs from 'fs'; Date.now()\";",
  'export class Timer { setTimeout() {} performance = 1; }',
];

describe('what counts as an effect', () => {
  test.each(CAUGHT)('caught: %s', (source, kind) => {
    expect(effectsOf(readSource('probe.ts', source)).map((effect) => effect.kind)).toContain(kind);
  });

  test.each(INNOCENT)('innocent: %s', (source) => {
    expect(effectsOf(readSource('probe.ts', source))).toEqual([]);
  });
});
