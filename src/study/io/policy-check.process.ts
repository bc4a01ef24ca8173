import { answerParent } from './answer-parent.ts';
import type { PolicyTrial } from './policy-check.ts';
import { policyProblems } from './policy-problems.ts';

answerParent(async (trial) => await policyProblems(trial as PolicyTrial));
