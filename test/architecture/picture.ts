import type { SourceFile } from '../support/source/read-source.ts';
import { SHARED_TYPES } from './layers.ts';

/** Floors as they lie on one another, the highest first; those of one row do not know each other. */
const STOREYS = [
  ['cli'],
  ['companions', 'connect'],
  ['report'],
  ['study'],
  ['optimizer', 'simulators'],
  ['numeric', 'document'],
  ['base'],
];
const CLUSTER = 'simulators/cluster';

const WIDTH = 1180;
const MARGIN = 16;
const ROOM_HEIGHT = 24;
const ROW_GAP = 30;
const TITLE_HEIGHT = 26;
const LETTER = 7;
const SHIFT = 60;

/** Rooms of one floor by name, and whom each imports. */
type Rooms = ReadonlyMap<string, ReadonlySet<string>>;

interface Panel {
  readonly title: string;
  /** Said at the right of the title. */
  readonly note: string;
  /** Rooms by row, top first. */
  readonly rows: readonly (readonly string[])[];
  readonly arrows: readonly (readonly [from: string, to: string])[];
  readonly height: number;
}

/**
 * The house as SVG: floors, the rooms of each, arrows from who imports to what is imported. Left out are arrows that
 * follow from others, types that two rooms share, and files that lie in the folder of a floor itself: its face, or what
 * all its rooms share.
 */
export function architecturePicture(files: readonly SourceFile[]): string {
  const parts: string[] = [];
  let y = MARGIN;
  for (const storey of STOREYS) {
    const panels = storey.map((floor) =>
      panelOf(floor, roomsOf(files, `src/${floor}/`, floor === 'simulators' ? 1 : 9), importsOf(files, floor)),
    );
    const height = Math.max(...panels.map((panel) => panel.height));
    const width = (WIDTH - MARGIN * (storey.length + 1)) / storey.length;
    panels.forEach((panel, i) => {
      parts.push(drawPanel(panel, { x: MARGIN + i * (width + MARGIN), y, width, height }));
    });
    y += height + MARGIN;
  }
  const cluster = panelOf(`inside ${CLUSTER}`, roomsOf(files, `src/${CLUSTER}/`, 9), '');
  parts.push(drawPanel(cluster, { x: MARGIN, y, width: WIDTH - 2 * MARGIN, height: cluster.height }));
  return document(parts, y + cluster.height + MARGIN);
}

/** @param depth - rooms deeper than so many folders count as the one they lie in */
function roomsOf(files: readonly SourceFile[], folder: string, depth: number): Rooms {
  const roomOf = (name: string): string | null =>
    name.startsWith(folder) ? name.slice(folder.length).split('/').slice(0, -1).slice(0, depth).join('/') : null;
  const rooms = new Map<string, Set<string>>();
  for (const { name, targets } of files) {
    const own = roomOf(name);
    if (own === null || own === '') continue;
    const imported = rooms.get(own) ?? new Set();
    rooms.set(own, imported);
    for (const target of targets) {
      const other = roomOf(target);
      if (other === null || other === '' || other === own) continue;
      const typesAlone = SHARED_TYPES.some(({ from, to }) => from === folder + own && to === folder + other);
      if (!typesAlone) imported.add(other);
    }
  }
  return rooms;
}

function importsOf(files: readonly SourceFile[], floor: string): string {
  const others = files
    .filter(({ name }) => name.startsWith(`src/${floor}/`))
    .flatMap(({ targets }) => targets.map((target) => target.split('/')[1]!));
  const names = STOREYS.flat().filter((other) => other !== floor && others.includes(other));
  return names.length === 0 ? '' : `imports ${names.join(', ')}`;
}

function panelOf(title: string, rooms: Rooms, note: string): Panel {
  const level = new Map<string, number>();
  const levelOf = (room: string, path: readonly string[] = []): number => {
    const below = [...(rooms.get(room) ?? [])].filter((other) => !path.includes(other));
    const known = level.get(room) ?? Math.max(-1, ...below.map((other) => levelOf(other, [...path, room]))) + 1;
    level.set(room, known);
    return known;
  };
  const names = [...rooms.keys()].sort();
  const top = Math.max(0, ...names.map((room) => levelOf(room)));
  const rows = Array.from({ length: top + 1 }, (_, i) => names.filter((room) => level.get(room) === top - i));
  const shown = rows.filter((row) => row.length > 0);
  const arrows = names.flatMap((from) =>
    [...rooms.get(from)!]
      .filter((to) => level.get(to)! < level.get(from)! && !isReachedOtherwise(rooms, from, to))
      .sort()
      .map((to) => [from, to] as const),
  );
  const height = TITLE_HEIGHT + shown.length * ROOM_HEIGHT + Math.max(0, shown.length - 1) * ROW_GAP + 12;
  return { title, note, rows: shown, arrows, height: shown.length === 0 ? TITLE_HEIGHT + 8 : height };
}

function isReachedOtherwise(rooms: Rooms, from: string, to: string): boolean {
  const seen = new Set([...rooms.get(from)!].filter((next) => next !== to));
  for (const room of seen) for (const next of rooms.get(room) ?? []) seen.add(next);
  return seen.has(to);
}

interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function drawPanel({ title, note, rows, arrows }: Panel, frame: Frame): string {
  const places = new Map<string, { readonly x: number; readonly y: number; readonly width: number }>();
  rows.forEach((row, i) => {
    const widths = row.map((room) => room.length * LETTER + 20);
    const gap = (frame.width - widths.reduce((sum, width) => sum + width, 0)) / (row.length + 1);
    // Rooms that are alone in their rows would hide arrows to rows further down.
    let x = frame.x + gap + (row.length === 1 ? (i % 2) * 2 * SHIFT - SHIFT : 0);
    row.forEach((room, k) => {
      places.set(room, { x, y: frame.y + TITLE_HEIGHT + i * (ROOM_HEIGHT + ROW_GAP), width: widths[k]! });
      x += widths[k]! + gap;
    });
  });
  const lines = arrows.map(([from, to]) => {
    const [a, b] = [places.get(from)!, places.get(to)!];
    const [x1, y1, x2, y2] = [a.x + a.width / 2, a.y + ROOM_HEIGHT, b.x + b.width / 2, b.y - 2];
    return `<path class="arrow" d="M${at(x1)} ${at(y1)}C${at(x1)} ${at(y1 + 18)} ${at(x2)} ${at(y2 - 18)} ${at(x2)} ${at(y2)}" marker-end="url(#head)"/>`;
  });
  const boxes = [...places].map(
    ([room, { x, y, width }]) =>
      `<rect class="room" x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${ROOM_HEIGHT}" rx="4"/>` +
      `<text class="name" x="${at(x + width / 2)}" y="${at(y + 16)}">${room}</text>`,
  );
  return [
    `<rect class="floor" x="${at(frame.x)}" y="${at(frame.y)}" width="${at(frame.width)}" height="${at(frame.height)}" rx="6"/>`,
    `<text class="title" x="${at(frame.x + 10)}" y="${at(frame.y + 18)}">${title}</text>`,
    `<text class="note" x="${at(frame.x + frame.width - 10)}" y="${at(frame.y + 18)}">${note}</text>`,
    ...lines,
    ...boxes,
  ].join('\n');
}

const at = (value: number): string => String(Math.round(value * 10) / 10);

function document(parts: readonly string[], height: number): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${at(height)}" viewBox="0 0 ${WIDTH} ${at(height)}" font-family="DejaVu Sans, sans-serif">
<style>.floor{fill:#f4f6f8;stroke:#c5ccd3}.room{fill:#fff;stroke:#5b6b7a}.title{font-size:13px;font-weight:bold;fill:#26323d}.name{font-size:11.5px;text-anchor:middle;fill:#26323d}.note{font-size:11px;text-anchor:end;fill:#5b6b7a}.arrow{fill:none;stroke:#0072b2;stroke-opacity:.55}</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto"><path d="M0 0L8 4L0 8z" fill="#0072b2"/></marker></defs>
<rect width="${WIDTH}" height="${at(height)}" fill="#fff"/>
${parts.join('\n')}
</svg>
`;
}
