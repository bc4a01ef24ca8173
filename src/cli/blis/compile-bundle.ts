import { writeFileSync } from 'node:fs';
import { CODE_CACHE, loadBundle } from './bundle.ts';

/**
 * A step of the build: runs a small simulation and writes down the compiled code of what that used, so that no
 * `blis` command compiles it again.
 */
const bundle = loadBundle();
if (bundle === null) throw new Error('npm run bundle comes first');
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = () => true;
const code = await bundle.runBlis(
  'blis run --model qwen/qwen3-14b --num-instances 2 --routing-policy weighted --num-requests 200 --rate 50'.split(' '),
);
process.stdout.write = write;
if (code !== 0) throw new Error(`the simulation ended with exit code ${code}`);
writeFileSync(CODE_CACHE, bundle.script.createCachedData());
