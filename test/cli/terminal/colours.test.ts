import { describe, expect, test } from 'vitest';
import { coloursOf } from '../../../src/cli/terminal/colours.ts';

const coloured = (isTTY: boolean, env: NodeJS.ProcessEnv): boolean => coloursOf({ isTTY }, env).isColorSupported;

describe('colours', () => {
  test('a terminal has them, a pipe has not, on a build server neither', () => {
    expect(coloured(true, { TERM: 'xterm' })).toBe(true);
    expect(coloured(false, { TERM: 'xterm' })).toBe(false);
    expect(coloured(false, { CI: 'true' })).toBe(false);
  });

  test('NO_COLOR and FORCE_COLOR override the stream; NO_COLOR wins', () => {
    expect(coloured(true, { NO_COLOR: '1' })).toBe(false);
    expect(coloured(false, { FORCE_COLOR: '1' })).toBe(true);
    expect(coloured(true, { FORCE_COLOR: '0' })).toBe(false);
    expect(coloured(false, { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false);
  });
});
