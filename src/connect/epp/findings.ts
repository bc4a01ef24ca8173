import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import type { ListedPlugin } from './picker-config.ts';
import type { Plugin } from './plugin.ts';

/** What a strict reader says to a file; paths start at the document. */
export interface Findings {
  /** The router stops at it, fails on every request, or it means nothing. */
  readonly problems: readonly InputError[];
  /** The router starts and does something else than the file says. */
  readonly warnings: readonly InputError[];
}

/** Plugins by the name under which the file refers to them. */
export type PluginsByName = ReadonlyMap<string, { readonly listed: ListedPlugin; readonly plugin: Plugin }>;

export function undefinedPlugin(ref: string, path: readonly (string | number)[], who = ''): InputError {
  return new InputError(`${who}no plugin ${shortText(ref)} is listed`, {
    path,
    suggestion: 'list it under plugins, or name one that is',
  });
}
