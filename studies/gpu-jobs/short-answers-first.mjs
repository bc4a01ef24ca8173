// Hooks of a scheduler for: paretune gpu-jobs run --engine token --scheduler studies/gpu-jobs/short-answers-first.mjs
// The request with the fewest tokens to produce goes first, and stays longest when memory runs out.

const shorter = (a, b) => a.output - a.generated - (b.output - b.generated) || a.arrival - b.arrival;

export default () => ({
  selectNext: (waiting) => waiting.indexOf([...waiting].sort(shorter)[0]),
  order: (running) => [...running].sort(shorter).map(({ id }) => id),
});
