import { type Rng, stream } from '../../base/random.ts';
import { type DatasetLine, estimatedTokens } from './dataset-lines.ts';

interface Category {
  readonly share: number;
  readonly medianTokens: number;
  readonly sigma: number;
  readonly templates: readonly string[];
}

const TOPICS = [
  'the water cycle', 'a city library', 'solar panels', 'the French revolution', 'bicycle repair', 'deep learning',
  'coral reefs', 'tax returns', 'jazz music', 'the immune system', 'garden soil', 'black holes', 'sourdough bread',
  'public transport', 'chess openings', 'the stock market', 'volcanoes', 'remote work', 'electric cars', 'poetry',
]; // biome-ignore format: a word list

const CATEGORIES: readonly Category[] = [
  {
    share: 0.2,
    medianTokens: 8,
    sigma: 0.6,
    templates: [
      'Classify the sentiment of this review about {topic}: positive or negative?',
      'Is the following statement about {topic} true or false?',
      'Label this message on {topic} as urgent or not urgent.',
    ],
  },
  {
    share: 0.15,
    medianTokens: 40,
    sigma: 0.5,
    templates: [
      'Translate this sentence about {topic} into Spanish.',
      'Rewrite the phrase on {topic} in formal English.',
      'Correct the grammar of this sentence about {topic}.',
    ],
  },
  {
    share: 0.2,
    medianTokens: 120,
    sigma: 0.5,
    templates: [
      'List the key facts on {topic}, with one line each.',
      'Name several common mistakes about {topic}.',
      'Give a list of tips for beginners in {topic}.',
    ],
  },
  {
    share: 0.25,
    medianTokens: 200,
    sigma: 0.6,
    templates: [
      'Explain how {topic} works.',
      'Describe why {topic} matters to people.',
      'Summarize what is known about {topic}, including its history.',
    ],
  },
  {
    share: 0.2,
    medianTokens: 450,
    sigma: 0.6,
    templates: [
      'Write a short story about {topic}.',
      'Write a program that simulates {topic}, with comments.',
      'Compose an essay on {topic}, with an introduction, arguments and a conclusion.',
    ],
  },
];

const HINT_SHARE = 1 / 3;
const TOKENS_PER_WORD = 1.4;
const MOST_TOKENS = 4096;

/**
 * Prompts from templates whose wording tells how long the answer will be, with times of a 3-billion-parameter model at
 * about 90 tokens/s: 0.03 + 0.011 · tokens · (1 + 0.05 · normal) seconds, at least 0.01. Equal seeds, equal rows.
 */
export function syntheticDataset(rows: number, seed: number, modelName = 'synthetic'): readonly DatasetLine[] {
  const rng = stream(seed, 'cloud-edge', 'dataset');
  return Array.from({ length: rows }, (_, index) => syntheticLine(rng, index, modelName));
}

function syntheticLine(rng: Rng, index: number, modelName: string): DatasetLine {
  const category = drawCategory(rng.uniform());
  const template = category.templates[rng.below(category.templates.length)]!;
  let text = template.replace('{topic}', TOPICS[rng.below(TOPICS.length)]!);
  let median = category.medianTokens;
  if (rng.uniform() < HINT_SHARE) {
    const words = Math.max(1, Math.round((median / TOKENS_PER_WORD) * (0.5 + rng.uniform())));
    text = `${text.replace(/[.?]$/, '')} in ${words} words.`;
    median = TOKENS_PER_WORD * words;
  }
  const tokens = Math.min(MOST_TOKENS, Math.max(1, Math.round(median * Math.exp(category.sigma * rng.normal()))));
  const seconds = Math.max(0.01, 0.03 + 0.011 * tokens * (1 + 0.05 * rng.normal()));
  return {
    request_text: text,
    model_name: modelName,
    response_text: '',
    device: 'synthetic',
    inference_time: Math.round(seconds * 1e4) / 1e4,
    input_token_count: estimatedTokens(text),
    output_token_count: tokens,
    prompt_index: index,
  };
}

function drawCategory(uniform: number): Category {
  let rest = uniform;
  for (const category of CATEGORIES) {
    rest -= category.share;
    if (rest < 0) return category;
  }
  return CATEGORIES[CATEGORIES.length - 1]!;
}
