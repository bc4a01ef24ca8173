export interface WordPieceTokenizer {
  /** Token ids with [CLS] in front and [SEP] behind, cut to `longest`. */
  encode(text: string, longest: number): readonly number[];
}

export interface WordPieceOptions {
  readonly lowerCase: boolean;
  readonly unknown?: string;
  readonly start?: string;
  readonly end?: string;
}

const LONGEST_WORD = 100;

/**
 * The tokenizer of BERT: split at white space and punctuation, then the longest known pieces from the left.
 * @param vocabulary - tokens by id; continuation pieces start with `##`
 * @throws RangeError when a special token is missing
 * @see Devlin et al. 2019, "BERT"; Wu et al. 2016, "Google's neural machine translation system" (word pieces)
 */
export function wordPieceTokenizer(vocabulary: readonly string[], options: WordPieceOptions): WordPieceTokenizer {
  const { lowerCase, unknown = '[UNK]', start = '[CLS]', end = '[SEP]' } = options;
  const ids = new Map(vocabulary.map((token, id) => [token, id]));
  const special = (token: string): number => {
    const id = ids.get(token);
    if (id === undefined) throw new RangeError(`the vocabulary lacks ${token}`);
    return id;
  };
  const [unknownId, startId, endId] = [special(unknown), special(start), special(end)];
  return {
    encode(text, longest) {
      const out = [startId];
      for (const word of words(text, lowerCase)) {
        for (const id of pieces(word, ids, unknownId)) out.push(id);
        if (out.length >= longest) break;
      }
      return [...out.slice(0, longest - 1), endId];
    },
  };
}

function words(text: string, lowerCase: boolean): readonly string[] {
  const cleaned = text
    .replace(/[\t\n\r]/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\ufffd]/gu, '')
    .replace(/([\p{Script=Han}])/gu, ' $1 ');
  const folded = lowerCase
    ? cleaned
        .toLowerCase()
        .normalize('NFD')
        .replace(/\p{Mn}/gu, '')
    : cleaned;
  return folded.match(/[\p{P}$+<=>^`|~]|[^\s\p{P}$+<=>^`|~]+/gu) ?? [];
}

/** The pieces of one word, or the unknown token when some part has none. */
function pieces(word: string, ids: ReadonlyMap<string, number>, unknownId: number): readonly number[] {
  const characters = [...word];
  if (characters.length > LONGEST_WORD) return [unknownId];
  const out: number[] = [];
  let from = 0;
  while (from < characters.length) {
    let to = characters.length;
    let id: number | undefined;
    for (; to > from; to--) {
      const piece = characters.slice(from, to).join('');
      id = ids.get(from === 0 ? piece : `##${piece}`);
      if (id !== undefined) break;
    }
    if (id === undefined) return [unknownId];
    out.push(id);
    from = to;
  }
  return out;
}
