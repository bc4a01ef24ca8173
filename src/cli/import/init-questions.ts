import { createInterface } from 'node:readline';
import { PRESETS } from '../../connect/deploy/study-documents.ts';
import type { Flags } from '../terminal/command.ts';

interface Question {
  readonly flag: string;
  readonly text: string;
  readonly usual: string;
}

const QUESTIONS: readonly Question[] = [
  { flag: 'vllm-args', text: 'Your `vllm serve` line (empty: vLLM’s defaults)', usual: '' },
  { flag: 'model', text: 'Model', usual: 'Qwen/Qwen3-14B' },
  { flag: 'gpu', text: 'GPU of an instance (empty: the usual one of the model)', usual: '' },
  { flag: 'instances', text: 'Number of model servers', usual: '4' },
  { flag: 'epp', text: 'EndpointPickerConfig (empty: the built-in profile of the router)', usual: '' },
  { flag: 'trace', text: 'Log or trace of your requests (empty: made-up ones)', usual: '' },
  { flag: 'preset', text: `What for: ${Object.keys(PRESETS).join(', ')}`, usual: 'balanced' },
  { flag: 'trials', text: 'Points to try', usual: '40' },
];

/** Asks on the terminal for what no flag said; an empty answer takes the usual one. Null when the user left. */
export async function askForFlags(flags: Flags): Promise<Flags | null> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answers: Record<string, string> = {};
  try {
    const lines = terminal[Symbol.asyncIterator]();
    for (const { flag, text, usual } of QUESTIONS) {
      if (flags[flag] !== undefined || (flag === 'model' && namesModel(answers['vllm-args']))) continue;
      terminal.setPrompt(`${text}${usual === '' ? '' : ` [${usual}]`}: `);
      terminal.prompt();
      const line = await lines.next();
      if (line.done === true) return null;
      const answer = line.value.trim() || usual;
      if (answer !== '') answers[flag] = answer;
    }
  } finally {
    terminal.close();
  }
  return { ...flags, ...answers };
}

/** Whether flags of vLLM are a whole line with its model. */
export function namesModel(line: string | undefined): boolean {
  return line !== undefined && /\bserve\b|--model\b/.test(line);
}
