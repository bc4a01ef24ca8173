import { rmSync, writeFileSync } from 'node:fs';
import { type BundleName, codeCache, loadBundle } from './load-bundle.ts';

/** What each bundle does before its compiled code is written down: it is the code of what was used. */
const USES: Readonly<Record<BundleName, string>> = {
  blis: 'blis run --model qwen/qwen3-14b --num-instances 2 --routing-policy weighted --num-requests 200 --rate 50',
  pages: '--help',
};

/** A step of the build, so that no command compiles its bundle again. */
async function compile(name: BundleName): Promise<void> {
  // Of code from another build no more would be noticed than another length.
  rmSync(codeCache(name), { force: true });
  const bundle = loadBundle(name);
  if (bundle === null) throw new Error('npm run bundle comes first');
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = () => true;
  const code = await bundle.run(USES[name].split(' '));
  process.stdout.write = write;
  if (code !== 0) throw new Error(`${USES[name]} ended with exit code ${code}`);
  writeFileSync(codeCache(name), bundle.script.createCachedData());
}

for (const name of Object.keys(USES) as BundleName[]) await compile(name);
