import { describe, expect, test } from 'vitest';
import { PrefixCache } from '../../../src/simulators/pd-slo/prefix-cache.ts';

const prompt = (group: number) => (index: number) => group * 1000 + index;

describe('prefix cache', () => {
  test('hits the stored whole blocks of a prompt', () => {
    const cache = new PrefixCache(100, 16);
    expect(cache.hit(100, prompt(1))).toBe(0);
    cache.insert(50, prompt(1));
    expect(cache.hit(100, prompt(1))).toBe(48 / 100);
    expect(cache.hit(100, prompt(2))).toBe(0);
  });

  test('gives up the least recently used blocks', () => {
    const cache = new PrefixCache(4, 16);
    cache.insert(32, prompt(1));
    cache.insert(32, prompt(2));
    cache.insert(32, prompt(1));
    cache.insert(32, prompt(3));
    expect(cache.hit(32, prompt(1))).toBe(1);
    expect(cache.hit(32, prompt(2))).toBe(0);
    expect(cache.hit(32, prompt(3))).toBe(1);
  });

  test('a missing leading block hides later ones', () => {
    const cache = new PrefixCache(10, 16);
    cache.insert(48, prompt(1));
    expect(cache.hit(48, (index) => (index === 0 ? -1 : 1000 + index))).toBe(0);
  });
});
