import type { RequestTable } from '../../simulators/workload/request-table.ts';
import type { TokenIds } from './token-ids.ts';

/** Common words: nearly every tokenizer has one token for each of them with the space before it. */
export const WORDS: readonly string[] = (
  'time year people way day man thing woman life child world school state family student group country problem hand ' +
  'part place case week company system program question work government number night point home water room mother area ' +
  'money story fact month lot right study book eye job word business issue side kind head house service friend father ' +
  'power hour game line end member law car city community name president team minute idea body information back parent ' +
  'face others level office door health person art war history party result change morning reason research girl guy ' +
  'moment air teacher force education matter'
).split(' ');

/**
 * The texts of prompts. Equal token ids give equal words, so that prompts share text as far as the table says that they
 * share tokens; how many words a stretch has follows from how many tokens a word is to the server.
 */
export class PromptTexts {
  readonly #ids: TokenIds;
  readonly #tokensPerWord: number;
  /** Whether later rounds of a session quote what the server answered instead of what the workload drew. */
  readonly #quotes: boolean;
  readonly #answers = new Map<number, string>();

  constructor(ids: TokenIds, options: { readonly tokensPerWord: number; readonly quoteAnswers: boolean }) {
    this.#ids = ids;
    this.#tokensPerWord = options.tokensPerWord;
    this.#quotes = options.quoteAnswers;
  }

  /** Notes what a request of a session was answered. */
  answered(row: number, text: string): void {
    if (this.#quotes && text !== '') this.#answers.set(row, text);
  }

  text(table: RequestTable, row: number): string {
    const parts = this.#ids.pieces(table, row).map((piece) => {
      const answer = piece.kind === 'answer' ? this.#answers.get(piece.row) : undefined;
      return answer?.trim() ?? this.#words(piece.ids);
    });
    return parts.filter((part) => part !== '').join(' ') || WORDS[0]!;
  }

  #words(ids: Int32Array): string {
    const count = Math.round(ids.length / this.#tokensPerWord);
    let text = '';
    for (let i = 0; i < count; i++) text += `${i === 0 ? '' : ' '}${WORDS[ids[i]! % WORDS.length]}`;
    return text;
  }
}
