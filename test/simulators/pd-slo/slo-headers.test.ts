import { describe, expect, test } from 'vitest';
import { parseSloHeaders } from '../../../src/simulators/pd-slo/slo-headers.ts';

describe('target headers', () => {
  test('are read whatever their case', () => {
    expect(parseSloHeaders({ 'X-SLO-TTFT-ms': '500', 'x-slo-tpot-ms': ' 20.5 ' })).toEqual({
      ttftMs: 500,
      tpotMs: 20.5,
      problems: [],
    });
  });

  test('may be missing', () => {
    expect(parseSloHeaders({ 'x-slo-ttft-ms': '500' })).toMatchObject({ ttftMs: 500, tpotMs: null, problems: [] });
    expect(parseSloHeaders({})).toMatchObject({ ttftMs: null, tpotMs: null });
  });

  test.each(['abc', '0', '-5', '', 'NaN', 'Infinity', '0x10', '1e999'])(
    'with the value "%s" void all targets',
    (text) => {
      expect(parseSloHeaders({ 'x-slo-ttft-ms': text, 'x-slo-tpot-ms': '20' })).toEqual({
        ttftMs: null,
        tpotMs: null,
        problems: [`header x-slo-ttft-ms must be a positive number, got "${text}"`],
      });
    },
  );
});
