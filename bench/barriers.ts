import type { JournalEntry } from '../simulator/journal.js';

/** Throws where the hosts recorded that something was done above or below what forbade it: such a run is worth no figure. */
export function assertBarriersHeld(entries: readonly JournalEntry[]): void {
  const broken = entries.filter(({ what }) => what === 'corruption');
  if (broken.length === 0) return;
  const list = broken.slice(0, 10).map(({ host, instance, detail }) => `  ${instance ?? host} ${detail}`);
  throw new Error(`${broken.length} barriers broke, so nothing was measured:\n${list.join('\n')}`);
}
