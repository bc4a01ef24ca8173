import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { readTextFile } from '../../study/io/text-file.ts';

/** `bert-base-uncased` or `google-bert/bert-base-uncased`; anything else is a path. */
const MODEL_ID = /^[A-Za-z0-9_][\w.-]*(\/[\w.-]+)?$/;

/** Owners under which a model without one is stored since models have owners. */
const FORMER_OWNERS = ['google-bert'];

/**
 * The folder of a model: the folder of that name, or its newest snapshot in the local cache of Hugging Face's tools
 * (`HF_HUB_CACHE`, else `HF_HOME/hub`, else `~/.cache/huggingface/hub`). Nothing is downloaded.
 * @throws InputError saying how to get it, and what works without
 */
export function modelFolder(name: string): string {
  if (existsSync(name) || !MODEL_ID.test(name)) return name;
  const cache = hubCache();
  const ids = name.includes('/') ? [name] : [name, ...FORMER_OWNERS.map((owner) => `${owner}/${name}`)];
  for (const id of ids) {
    const found = snapshotOf(join(cache, `models--${id.replaceAll('/', '--')}`));
    if (found !== null) return found;
  }
  throw new InputError(`the model is neither a folder nor in the cache ${cache}`, {
    position: { file: name },
    suggestion:
      `fetch it where there is a network with \`hf download ${name}\` (HF_HOME names the cache), or leave ` +
      'bert_model_name out: prompts are then encoded offline, by feature hashing of their words',
  });
}

function hubCache(): string {
  const { HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = process.env;
  const home = HF_HOME || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface');
  return HF_HUB_CACHE || HUGGINGFACE_HUB_CACHE || join(home, 'hub');
}

/** What `refs/main` names, else the last of the snapshots by name; null where there is none. */
function snapshotOf(model: string): string | null {
  const snapshots = join(model, 'snapshots');
  if (!existsSync(snapshots)) return null;
  const main = join(model, 'refs', 'main');
  const named = existsSync(main) ? [readTextFile(main).trim()] : [];
  const folder = [...named, ...readdirSync(snapshots).sort().reverse()]
    .filter((name) => name !== '')
    .map((name) => join(snapshots, name))
    .find((place) => existsSync(place));
  return folder ?? null;
}
