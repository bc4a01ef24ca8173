import { writeFileSync } from 'node:fs';
import { compiledKernels, MODULE_FILE } from './kernels.ts';

/** `npm run kernels`: compiles the loops of fits and predictions anew. */
writeFileSync(MODULE_FILE, compiledKernels());
