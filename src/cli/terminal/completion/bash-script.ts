import { type Candidate, type CompletionWords, type FlagValues, flagsByValues } from './completion-words.ts';
import { caseArm, quoted } from './posix-case.ts';

/** Finds out what is typed: `at` are the commands, `flag` the one whose value it is. */
const COMPLETER = `_PROGRAM() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before='' at='' flag='' stuck='' possible word i
  local IFS=$' \\t\\n'
  COMPREPLY=()
  ((COMP_CWORD > 0)) && before="\${COMP_WORDS[COMP_CWORD - 1]}"
  word="\${COMP_WORDS[0]##*/}"
  [[ $word != PROGRAM ]] && __PROGRAM_commands "$word" > /dev/null && at="$word"
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${at:+$at }\${COMP_WORDS[i]}"
    if __PROGRAM_commands "$word" > /dev/null; then
      at="$word"
    elif [[ -z $at && \${COMP_WORDS[i]} != -* ]]; then
      at='?'
    fi
  done
  # Bash takes --flag=value for three words.
  if [[ $current == '=' ]]; then
    flag="$before" current=''
  elif [[ $before == '=' ]]; then
    flag="\${COMP_WORDS[COMP_CWORD - 2]}"
  elif [[ $current == --*=* ]]; then
    flag="\${current%%=*}" stuck="\${current%%=*}=" current="\${current#*=}"
  elif [[ $before == --* ]]; then
    flag="$before"
  fi
  possible=@nothing
  [[ $at == '?' ]] && possible=@file flag=''
  [[ -n $flag ]] && possible="$(__PROGRAM_values "$at $flag" || __PROGRAM_values "$flag" || echo @nothing)"
  case "$possible" in
    @anything) ;;
    @file | @folder)
      local IFS=$'\\n'
      [[ $possible == @file ]] && COMPREPLY=($(compgen -f -- "$current")) || COMPREPLY=($(compgen -d -- "$current"))
      compopt -o filenames 2> /dev/null
      ;;
    @nothing)
      [[ -z $flag || $flag == "$before" ]] || return 0
      possible="$(__PROGRAM_commands "$at")"
      if [[ -z $possible && $current != -* ]] && __PROGRAM_takes_files "$at"; then
        local IFS=$'\\n'
        COMPREPLY=($(compgen -f -- "$current"))
        compopt -o filenames 2> /dev/null
        return 0
      fi
      [[ -z $possible || $current == -* ]] && possible="$(__PROGRAM_flags "$at")"
      COMPREPLY=($(compgen -W "$possible" -- "$current"))
      ;;
    *) COMPREPLY=($(compgen -P "$stuck" -W "$possible" -- "$current")) ;;
  esac
  return 0
}`;

/**
 * For bash 3.2 and later, with or without the package bash-completion. Aliases are completed after their own
 * name where no program is called so: for `<program> <command>`.
 */
export function bashScript(words: CompletionWords): string {
  const { program, command, aliases, places } = words;
  return `# Completion of ${program} for bash:  source <(${program} ${command} bash)

__${program}_commands() {
  case "$1" in
${places.map(({ at, commands }) => caseArm([at], `echo ${quoted(texts(commands))}`)).join('\n')}
    *) return 1 ;;
  esac
}

__${program}_flags() {
  case "$1" in
${places.map(({ at, flags }) => caseArm([at], `echo ${quoted(texts(flags))}`)).join('\n')}
  esac
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

# Names, or @file, @folder, @anything, @nothing.
__${program}_values() {
  case "$1" in
${flagsByValues(words)
  .map(([flags, values]) => caseArm(flags, `echo ${quoted(valuesText(values))}`))
  .join('\n')}
    *) return 1 ;;
  esac
}

${COMPLETER.replaceAll('PROGRAM', program)}

complete -F _${program} ${program}
${aliases.map((alias) => `type -P ${alias} > /dev/null || complete -F _${program} ${alias}\n`).join('')}`;
}

function texts(candidates: readonly Candidate[]): string {
  return candidates.map(({ text }) => text).join(' ');
}

function valuesText(values: FlagValues): string {
  return values.kind === 'names' ? values.names.join(' ') : `@${values.kind}`;
}
