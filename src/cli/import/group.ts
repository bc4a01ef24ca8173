import type { Command } from '../terminal/command.ts';
import { commandGroup } from '../terminal/command-group.ts';

const COMMANDS: readonly Command[] = [
  {
    syntax: 'trace <file>',
    summary: 'requests from a public trace, a log or benchmark results',
    load: async () => (await import('./trace.ts')).importTraceCommand,
  },
  {
    syntax: 'servegen <folder>',
    summary: 'a workload file from a folder of ServeGen chunks',
    load: async () => (await import('./servegen.ts')).importServegenCommand,
  },
  {
    syntax: 'epp [file]',
    summary: 'a study that starts from today’s EPP file, vLLM flags and Helm values',
    load: async () => (await import('./epp.ts')).importEppCommand,
  },
];

/** `paretune import …`: what other programs wrote, in the formats of studies. */
export const importCommand = commandGroup(COMMANDS, 'what to import is required: trace, servegen, epp');
