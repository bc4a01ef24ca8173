import type { LiveData, PageData } from './page-data.ts';

/** Told after each change: new data, and which parts of the page are new. */
type Changed = (data: PageData | null, replaced: ReadonlySet<string>) => void;

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
  const shown = new Map<string, string>();
  return async () => {
    const answer = await fetch(address);
    if (!answer.ok) return;
    const { data, parts } = (await answer.json()) as LiveData;
    const replaced = new Set<string>();
    for (const [id, html] of Object.entries(parts)) {
      const place = document.getElementById(id);
      if (place === null || shown.get(id) === html) continue;
      shown.set(id, html);
      place.innerHTML = html;
      replaced.add(id);
    }
    changed(data, replaced);
  };
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
