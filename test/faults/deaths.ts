import { existsSync, rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { program, type Scene, session } from './scene.ts';
import { count, type Tally, tally } from './tally.ts';

/** Runs end at random moments, are resumed, and must leave the journal of a run that nobody touched. */
export async function deaths(
  scene: Scene,
  { kills, signals, random }: { kills: number; signals: number; random: (n: number) => number },
): Promise<readonly Tally[]> {
  const study = scene.study('plain');
  const startedAt = performance.now();
  const first = await session(study, 'whole', { cwd: scene.folder });
  if (first.code !== 0) throw new Error(first.stderr);
  const usualMs = performance.now() - startedAt;
  const whole = scene.journal('whole');
  const killed = tally('kill -9 at a random moment, then resume');
  const asked = tally('SIGINT, SIGTERM, SIGHUP at a random moment, then resume');
  for (let i = 0; i < kills + signals; i++) {
    const signal = i < kills ? 'SIGKILL' : (['SIGINT', 'SIGTERM', 'SIGHUP'] as const)[i % 3]!;
    const delayMs = usualMs * (0.2 + random(1000) / 1000);
    const trouble = await once(scene, study, { signal, delayMs, whole });
    count(
      i < kills ? killed : asked,
      trouble === null ? null : `${signal} after ${Math.round(delayMs)} ms: ${trouble}`,
    );
  }
  return [killed, asked];
}

async function once(
  scene: Scene,
  study: string,
  { signal, delayMs, whole }: { signal: NodeJS.Signals; delayMs: number; whole: string },
): Promise<string | null> {
  rmSync(scene.at('run'), { recursive: true, force: true });
  const cwd = scene.folder;
  const during = async (pid: number): Promise<void> => {
    await pause(delayMs);
    try {
      process.kill(pid, signal);
    } catch {
      // It had ended by itself.
    }
  };
  const end =
    signal === 'SIGKILL'
      ? await session(study, 'run', { cwd, during })
      : await program(['run', study, '--out', 'run', '--quiet', '--workers', '1'], { cwd, during });
  if (signal !== 'SIGKILL' && existsSync(scene.at('run', 'journal.lock'))) return 'the lock was left behind';
  if (end.code !== null && end.code !== 0 && end.code !== 130) return `ended with ${end.code}: ${end.stderr}`;
  const resumed = await session(study, 'run', { cwd });
  if (resumed.code !== 0) return `resume ended with ${resumed.code}: ${resumed.stderr}`;
  return scene.journal('run') === whole ? null : 'the journal differs';
}
