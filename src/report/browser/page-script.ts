import { Charts } from './charts.ts';
import { follow } from './live.ts';
import type { PageData } from './page-data.ts';
import { pointDetail } from './point-detail.ts';

const source = document.getElementById('page-data');
let data = JSON.parse(source?.textContent ?? 'null') as PageData | null;

function all(selector: string): readonly HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>(selector)];
}

const dialog = document.querySelector<HTMLDialogElement>('#detail');
const marked = document.querySelector<HTMLElement>('#marked');

function open(trial: number): void {
  const point = data?.points.find((one) => one.trial === trial);
  const place = dialog?.querySelector('.content');
  if (data === null || point === undefined || dialog === null || !place) return;
  place.replaceChildren(...pointDetail(data, point));
  if (!dialog.open) dialog.showModal();
}

function pick(trials: readonly number[] | null): void {
  charts?.pick(trials);
  const set = new Set((trials ?? []).map(String));
  for (const row of all('tr[data-trial]')) {
    row.classList.toggle('faded', trials !== null && !set.has(row.dataset['trial'] ?? ''));
  }
  if (marked === null) return;
  marked.hidden = trials === null;
  const text = marked.querySelector('span');
  if (text !== null) text.textContent = `${set.size} trial${set.size === 1 ? '' : 's'} marked`;
}

const charts = data === null ? null : new Charts(data, { open, brushed: pick });

function drawAll(): void {
  for (const figure of all('figure[data-chart]')) charts?.draw(figure);
}

const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting) charts?.show(target as HTMLElement);
      else charts?.leave(target as HTMLElement);
    }
  },
  { rootMargin: '300px' },
);

function observe(): void {
  for (const figure of all('figure[data-chart]')) near.observe(figure);
}

observe();
addEventListener('beforeprint', drawAll);

document.addEventListener('click', (event) => {
  if (!(event.target instanceof Element)) return;
  const button = event.target.closest<HTMLElement>('button');
  if (button === null) return;
  if (button.dataset['trial'] !== undefined) open(Number(button.dataset['trial']));
  if (button.dataset['do'] === 'close') dialog?.close();
  if (button.dataset['do'] === 'unmark') {
    charts?.clearBrush();
    pick(null);
  }
  if (button.dataset['do'] === 'theme') {
    const { dataset } = document.documentElement;
    const dark =
      dataset['theme'] === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : dataset['theme'] === 'dark';
    dataset['theme'] = dark ? 'light' : 'dark';
  }
});

follow(async (next, replaced) => {
  data = next;
  if (replaced.has('live-figures')) {
    near.disconnect();
    charts?.forget();
    observe();
  }
  await charts?.update(next);
});
