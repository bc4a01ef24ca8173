import type { LiveData, PageData } from './page-data.ts';

/** Told after each change: new data, and which parts of the page are new. Done when the reader sees it. */
type Changed = (data: PageData, replaced: ReadonlySet<string>) => Promise<void>;

/** Keeps a page up to date that a server shows; a page in a file has nothing to follow. */
export function follow(changed: Changed): void {
  const { events, state } = document.body.dataset;
  if (events === undefined || state === undefined) return;
  const update = oneAtATime(refresher(state, changed));
  const source = new EventSource(events);
  const light = document.querySelector<HTMLElement>('#connection');
  const say = (text: string): void => {
    if (light !== null && light.textContent !== text) light.textContent = text;
  };
  // A stream begins with a change, after each reconnection too: what was missed meanwhile is asked for then.
  source.addEventListener('change', update);
  source.addEventListener('open', () => say('live'));
  source.addEventListener('error', () => say('connection lost, trying again'));
}

function refresher(address: string, changed: Changed): () => Promise<void> {
  return async () => {
    const answer = await fetch(address);
    if (!answer.ok) return;
    const { data, parts, last } = (await answer.json()) as LiveData;
    const replaced = replaceParts(parts);
    if (data !== null) await changed(data, replaced);
    replaceParts(last);
  };
}

/** Puts new HTML where the page shows another text. @returns the ids of the elements that were changed */
function replaceParts(parts: LiveData['parts']): ReadonlySet<string> {
  const replaced = new Set<string>();
  for (const [id, { hash, html }] of Object.entries(parts)) {
    const place = document.getElementById(id);
    if (place === null || place.dataset['hash'] === hash) continue;
    place.dataset['hash'] = hash;
    place.innerHTML = html;
    replaced.add(id);
  }
  return replaced;
}

/** Calls that come while one is under way become a single further one. */
function oneAtATime(body: () => Promise<void>): () => void {
  let running = false;
  let again = false;
  const run = async (): Promise<void> => {
    do {
      again = false;
      await body().catch(() => undefined);
    } while (again);
    running = false;
  };
  return () => {
    again = true;
    if (running) return;
    running = true;
    void run();
  };
}
