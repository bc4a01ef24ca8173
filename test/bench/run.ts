/** `npm run bench [name …]`: prints figures; compares only within one run, since machines differ. */
const BENCHES: Readonly<Record<string, () => Promise<{ main(): Promise<void> }>>> = {
  workload: () => import('./workload.ts'),
  cluster: () => import('./cluster.ts'),
  'target-samplers': () => import('./target-samplers.ts'),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  console.error(`unknown bench ${unknown.join(', ')}; known: ${Object.keys(BENCHES).join(', ')}`);
  process.exit(2);
}
for (const name of wanted.length > 0 ? wanted : Object.keys(BENCHES)) await (await BENCHES[name]!()).main();
