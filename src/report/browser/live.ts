import type { LiveData, PageData } from './page-data.ts';

/** Keeps a page up to date that a server shows; a page in a file has nothing to follow. */
export function follow(changed: (data: PageData | null) => void): void {
  const { events, state } = document.body.dataset;
  if (events === undefined || state === undefined) return;
  let running: Promise<void> | null = null;
  let again = false;
  const refresh = async (): Promise<void> => {
    const answer = await fetch(state);
    if (!answer.ok) return;
    const { data, parts } = (await answer.json()) as LiveData;
    for (const [id, html] of Object.entries(parts)) {
      const place = document.getElementById(id);
      if (place !== null && place.innerHTML !== html) place.innerHTML = html;
    }
    changed(data);
  };
  const update = (): void => {
    if (running !== null) {
      again = true;
      return;
    }
    running = refresh()
      .catch(() => undefined)
      .finally(() => {
        running = null;
        if (again) {
          again = false;
          update();
        }
      });
  };
  const source = new EventSource(events);
  const light = document.querySelector<HTMLElement>('#connection');
  const say = (text: string): void => {
    if (light !== null && light.textContent !== text) light.textContent = text;
  };
  source.addEventListener('change', update);
  source.addEventListener('open', () => {
    say('live');
    update();
  });
  source.addEventListener('error', () => say('connection lost, trying again'));
}
