import type { Candidate, CompletionWords, FlagValues } from './completion-words.ts';

/** Finds out what is typed: `$at` are the commands, `$flag` the one whose value it is. */
const COMPLETER = `    $typed = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
    $at = ''
    $before = ''
    foreach ($word in ($typed | Select-Object -Skip 1)) {
        $next = "$at $word".Trim()
        if ($commands.ContainsKey($next)) { $at = $next }
        elseif ($at -eq '' -and -not $word.StartsWith('-')) { return }
        $before = $word
    }
    $flag = $before
    $prefix = ''
    $current = "$wordToComplete"
    if ($current -match '^(--[^=]+)=(.*)$') {
        $flag = $Matches[1]
        $prefix = "$flag="
        $current = $Matches[2]
    }
    if ($values.ContainsKey("$at $flag")) { $flag = "$at $flag" }
    if ($values.ContainsKey($flag) -and $values[$flag] -ne '-') {
        $candidates = @($values[$flag] | Where-Object { $_ } | ForEach-Object { , @("$prefix$_", '') })
    } elseif ($commands[$at].Count -gt 0 -and -not $current.StartsWith('-')) {
        $candidates = $commands[$at]
    } else {
        $candidates = $flags[$at]
    }
    foreach ($candidate in $candidates) {
        $text, $summary = $candidate
        if (-not $text.StartsWith("$prefix$current")) { continue }
        if (-not $summary) { $summary = $text }
        [System.Management.Automation.CompletionResult]::new($text, $text, 'ParameterValue', $summary)
    }
}`;

/** For PowerShell 5 and later: run in the session or from the profile. Files are PowerShell's own business. */
export function powershellScript(words: CompletionWords): string {
  const { program, command, places, values } = words;
  return `# Completion of ${program} for PowerShell:
#   ${program} ${command} powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName ${quoted(program)} -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $commands = @{
${places.map(({ at, commands }) => `        ${quoted(at)} = @(${pairs(commands)})`).join('\n')}
    }
    $flags = @{
${places.map(({ at, flags }) => `        ${quoted(at)} = @(${pairs(flags)})`).join('\n')}
    }
    # Names of values; null where it may be anything, or a file; a hyphen where a command takes none.
    $values = @{
${[...values].flatMap(([flag, possible]) => valueLine(flag, possible)).join('\n')}
    }
${COMPLETER}
`;
}

/** Each as an array of its own: the comma keeps PowerShell from joining them. */
function pairs(candidates: readonly Candidate[]): string {
  return candidates.map(({ text, summary }) => `, @(${quoted(text)}, ${quoted(summary)})`).join('; ');
}

function valueLine(flag: string, values: FlagValues): readonly string[] {
  const ofOneCommand = flag.includes(' ');
  if (values.kind === 'nothing') return ofOneCommand ? [`        ${quoted(flag)} = '-'`] : [];
  const names = values.kind === 'names' ? `@(${values.names.map(quoted).join(', ')})` : '$null';
  return [`        ${quoted(flag)} = ${names}`];
}

/** PowerShell takes typographic quotes for quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll(/['‘’‚‛]/g, '$&$&')}'`;
}
