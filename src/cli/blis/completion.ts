import { SETTINGS } from '../../simulators/cluster/settings/cluster-settings.ts';
import { HARDWARE } from '../../simulators/cluster/settings/hardware-catalog.ts';
import { catalogKey, DEFAULT_DEPLOYMENTS, MODEL_CONFIGS } from '../../simulators/cluster/settings/model-catalog.ts';
import type { LoadedCommand } from '../terminal/command.ts';
import { commandGroup } from '../terminal/command-group.ts';
import { bashScript } from '../terminal/completion/bash-script.ts';
import { commandTree } from '../terminal/completion/command-tree.ts';
import { type CompletionWords, completionWords, type FlagValues } from '../terminal/completion/completion-words.ts';
import { fishScript } from '../terminal/completion/fish-script.ts';
import { powershellScript } from '../terminal/completion/powershell-script.ts';
import { zshScript } from '../terminal/completion/zsh-script.ts';
import { lastValueWins } from '../terminal/flags.ts';
import { flagName } from './flags.ts';
import { LOG_LEVELS } from './output.ts';

interface Shell {
  readonly name: string;
  readonly script: (words: CompletionWords) => string;
  /** How to load it, in the session and for good. */
  readonly session: string;
  readonly always: string;
}

const PROGRAM = 'paretune';
const BLIS = 'blis completion';
const SHELLS: readonly Shell[] = [
  {
    name: 'bash',
    script: bashScript,
    session: `source <($0 ${BLIS} bash)`,
    always: `$0 ${BLIS} bash > ~/.local/share/bash-completion/completions/${PROGRAM}`,
  },
  {
    name: 'zsh',
    script: zshScript,
    session: `source <($0 ${BLIS} zsh)`,
    always: `$0 ${BLIS} zsh > "\${fpath[1]}/_${PROGRAM}"`,
  },
  {
    name: 'fish',
    script: fishScript,
    session: `$0 ${BLIS} fish | source`,
    always: `$0 ${BLIS} fish > ~/.config/fish/completions/${PROGRAM}.fish`,
  },
  {
    name: 'PowerShell',
    script: powershellScript,
    session: `$0 ${BLIS} powershell | Out-String | Invoke-Expression`,
    always: `$0 ${BLIS} powershell >> $PROFILE`,
  },
];

/** `paretune blis completion …`. @param blis - the group whose commands are completed */
export function completionCommand(blis: LoadedCommand): LoadedCommand {
  return commandGroup(
    SHELLS.map((shell) => ({
      syntax: shell.name.toLowerCase(),
      summary: `print the completion script for ${shell.name}`,
      load: async () => shellCommand(blis, shell),
    })),
    'a shell is required: bash, zsh, fish or powershell',
  );
}

function shellCommand(blis: LoadedCommand, { script, session, always }: Shell): LoadedCommand {
  return {
    build: (parser) =>
      lastValueWins(parser)
        .option('descriptions', {
          type: 'boolean',
          default: true,
          describe: 'say what things are for, where the shell shows it; --no-descriptions leaves it out',
        })
        .example(session, 'in this session')
        .example(always, 'in every session'),
    run: async (flags) => {
      const row = {
        syntax: 'blis',
        summary: 'the cluster simulator, with the commands of BLIS',
        load: async () => blis,
      };
      const words = completionWords(await commandTree([row]), {
        program: PROGRAM,
        values: flagValues(),
        descriptions: flags['descriptions'] !== false,
      });
      process.stdout.write(script(words));
      return undefined;
    },
  };
}

const FILES = [
  ...['policy-config', 'hardware-config', 'defaults-filepath', 'kv-offload-config', 'saturation-config'],
  ...['workload-spec', 'metrics-path', 'trace-output', 'results-path', 'trace-header', 'trace-data', 'itl-output'],
  ...['sim-results', 'sim-metrics', 'itl-data', 'report', 'spec', 'from'],
];
const FOLDERS = ['model-config-folder', 'path'];
const NAMES: Readonly<Record<string, readonly string[]>> = {
  model: modelNames(),
  hardware: Object.keys(HARDWARE),
  'prefill-hardware': Object.keys(HARDWARE),
  'decode-hardware': Object.keys(HARDWARE),
  workload: ['distribution', 'chatbot', 'summarization', 'contentgen', 'multidoc'],
  name: ['chatbot', 'contentgen', 'multidoc', 'summarization'],
  'trace-level': ['none', 'decisions'],
  'session-mode': ['fixed', 'closed-loop'],
  'api-format': ['completions', 'chat'],
  detectors: ['threshold'],
  time: ['midnight', 'morning', 'afternoon'],
  log: LOG_LEVELS,
};

function flagValues(): Readonly<Record<string, FlagValues>> {
  const values: Record<string, FlagValues> = {};
  for (const [key, { rule }] of Object.entries(SETTINGS)) {
    if (rule.kind === 'choice') values[flagName(key)] = { kind: 'names', names: rule.names };
  }
  for (const name of FILES) values[name] = { kind: 'file' };
  for (const name of FOLDERS) values[name] = { kind: 'folder' };
  for (const [name, names] of Object.entries(NAMES)) values[name] = { kind: 'names', names };
  return values;
}

/** Those that have a default GPU by their full names, the others as the catalogue has them. */
function modelNames(): readonly string[] {
  const full = DEFAULT_DEPLOYMENTS.map(({ model }) => model);
  const keys = new Set(full.map(catalogKey));
  return [...full, ...Object.keys(MODEL_CONFIGS).filter((key) => !keys.has(key))];
}
