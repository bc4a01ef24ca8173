import { type Candidate, type CompletionWords, type FlagValues, flagsByValues } from './completion-words.ts';
import { caseArm, quoted } from './posix-case.ts';

/** Finds out what is typed: `at` are the commands. */
const COMPLETER = `_PROGRAM() {
  local at='' word current="\${words[CURRENT]}" before="\${words[CURRENT - 1]}"
  local -a subcommands switches
  integer i
  for ((i = 2; i < CURRENT; i++)); do
    word="\${at:+$at }\${words[i]}"
    if __PROGRAM_place "$word"; then
      at="$word"
    elif [[ -z $at && \${words[i]} != -* ]]; then
      _files
      return
    fi
  done
  __PROGRAM_place "$at"
  if [[ $current == --*=* ]] && compset -P '*='; then
    __PROGRAM_value "$at" "\${current%%=*}"
    return
  fi
  [[ $before == --* ]] && __PROGRAM_value "$at" "$before" && return
  if (( \${#subcommands} == 0 )) && [[ $current != -* ]] && __PROGRAM_takes_files "$at"; then
    _files
  elif (( \${#subcommands} )) && [[ $current != -* ]]; then
    _describe command subcommands
  else
    _describe -o flag switches
  fi
}

if [[ \${funcstack[1]} == _PROGRAM ]]; then
  _PROGRAM "$@"
else
  compdef _PROGRAM PROGRAM
fi`;

/** For zsh 5: in a folder of `fpath` as `_<program>`, or sourced after `compinit`. */
export function zshScript(words: CompletionWords): string {
  const { program, command, places } = words;
  return `#compdef ${program}
# Completion of ${program} for zsh:  source <(${program} ${command} zsh)

__${program}_place() {
  case "$1" in
${places.map(({ at, commands, flags }) => caseArm([at], `subcommands=(${list(commands)}) switches=(${list(flags)})`)).join('\n')}
    *) return 1 ;;
  esac
}

__${program}_values() {
  case "$1" in
${flagsByValues(words)
  .map(([flags, values]) => caseArm(flags, valuesCall(values)))
  .join('\n')}
    *) return 1 ;;
  esac
}

# What a flag takes where it stands, or everywhere.
__${program}_value() {
  __${program}_values "$1 $2"
  (( $? == 1 )) && __${program}_values "$2"
}

__${program}_takes_files() {
  case "$1" in
${caseArm(
  places.filter(({ operands }) => operands === 'files').map(({ at }) => at),
  'return 0',
)}
    *) return 1 ;;
  esac
}

${COMPLETER.replaceAll('PROGRAM', program)}
`;
}

/** Elements of an array for _describe: name, colon, description. */
function list(candidates: readonly Candidate[]): string {
  return candidates.map(({ text, summary }) => quoted(summary === '' ? text : `${text}:${summary}`)).join(' ');
}

/** Adds what the value may be; fails with 2 where the flag takes none. */
function valuesCall(values: FlagValues): string {
  switch (values.kind) {
    case 'nothing':
      return 'return 2';
    case 'anything':
      return '_message value';
    case 'file':
      return '_files';
    case 'folder':
      return '_files -/';
    case 'names':
      return `compadd -- ${values.names.map((name) => quoted(name)).join(' ')}`;
    default:
      return values satisfies never;
  }
}
