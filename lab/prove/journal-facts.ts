/** What the hosts' journal says about a span of time: give what was read of that span (`read(since)`). */
import { timeOf, type Entry } from '../journal.js';
import { LAYERS, SERVICES } from '../topology.js';

/** `tserver@w1` of each process that was started, whoever did it. */
export function startedIn(entries: readonly Entry[]): string[] {
  return entries.filter(({ event }) => event === 'start').map(({ service, host }) => `${service}@${host}`);
}

/** The sum over the layers of the longest time from a process's start to the lab's own word that it is ready. Seconds. */
export function slowestChain(entries: readonly Entry[]): number {
  const sum = LAYERS.reduce((total, layer) => {
    const names = new Set(SERVICES.filter((s) => s.layer === layer).map((s) => s.name));
    const of = (event: string, action?: string) =>
      entries.filter((e) => e.event === event && names.has(e.service ?? '') && (!action || e.action === action));
    const times = of('ready').map((ready) => {
      const own = (e: Entry) => e.service === ready.service && e.host === ready.host;
      // A launcher may work before its process is there: `accumulo-service manager start` first resets a goal.
      const begun = [...of('invoked', 'start'), ...of('start')].filter(own).map(timeOf);
      return begun.length > 0 ? timeOf(ready) - Math.min(...begun) : 0;
    });
    return total + Math.max(0, ...times);
  }, 0);
  return Math.round(sum * 10) / 10;
}
