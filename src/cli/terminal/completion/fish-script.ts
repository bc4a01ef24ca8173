import { type CompletionWords, type FlagValues, type Place, valuesAt } from './completion-words.ts';

/** For fish 3: sourced, or in the folder `completions` as `<program>.fish`. */
export function fishScript(words: CompletionWords): string {
  const { program, command, places } = words;
  return `# Completion of ${program} for fish:  ${program} ${command} fish | source

function __${program}_at
    set -l at ''
    for word in (commandline -opc)[2..-1]
        string match -q -- '-*' $word; and continue
        set -l next (string trim -- "$at $word")
        if contains -- $next ${places.map(({ at }) => quoted(at)).join(' ')}
            set at $next
        else if test -z "$at"
            set at '?'
        end
    end
    test "$at" = "$argv[1]"
end

complete -c ${program} -e
${places
  .filter(({ operands }) => operands === 'none')
  .map(({ at }) => `complete -c ${program} -n ${quoted(`__${program}_at "${at}"`)} -f`)
  .join('\n')}
${places.flatMap((place) => linesOf(place, words)).join('\n')}
`;
}

function linesOf({ at, commands, flags }: Place, words: CompletionWords): readonly string[] {
  const { program } = words;
  const start = `complete -c ${program} -n ${quoted(`__${program}_at "${at}"`)}`;
  return [
    ...commands.map(({ text, summary }) => `${start} -a ${quoted(text)}${description(summary)}`),
    ...flags.map(
      ({ text, summary }) =>
        `${start} -l ${text.slice(2)}${valueOptions(valuesAt(words, at, text))}${description(summary)}`,
    ),
  ];
}

function description(summary: string): string {
  return summary === '' ? '' : ` -d ${quoted(summary)}`;
}

function valueOptions(values: FlagValues): string {
  switch (values.kind) {
    case 'nothing':
      return '';
    case 'anything':
      return ' -x';
    case 'file':
      return ' -r -F';
    case 'folder':
      return " -x -a '(__fish_complete_directories)'";
    case 'names':
      return ` -x -a ${quoted(values.names.join(' '))}`;
    default:
      return values satisfies never;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
