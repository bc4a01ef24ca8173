import { vi } from 'vitest';

/** What `body` writes to stdout. */
export function capturedStdout(body: () => void): string {
  let text = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  try {
    body();
  } finally {
    spy.mockRestore();
  }
  return text;
}
