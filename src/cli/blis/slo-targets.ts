import { within } from '../../base/errors.ts';
import { type GoodputTargets, targetsOf } from '../../simulators/cluster/figures/goodput.ts';
import { readSetting } from '../../simulators/cluster/settings/setting-values.ts';
import type { Flags } from '../terminal/command.ts';
import { textFlag } from '../terminal/flags.ts';

/** Targets of goodput as `--slo-ttft`, `--slo-itl` and `--slo-e2e` give them: class=duration,… */
export function flagTargets(flags: Flags): GoodputTargets {
  const of = (name: string) =>
    within([`--${name}`], () => {
      const text = textFlag(flags, name) ?? '';
      return readSetting({ kind: 'class-durations' }, text, { zeroWeight: 'is-an-error' }) as Readonly<
        Record<string, number>
      >;
    });
  return targetsOf({ slo_ttft: of('slo-ttft'), slo_itl: of('slo-itl'), slo_e2e: of('slo-e2e') });
}
