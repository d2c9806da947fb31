import type { Hold } from '../cluster/plan.js';

/** Enough names for a person to see what was changed; the file itself tells the rest. */
const MAX_NAMES = 30;

/** The fields in which two versions of a cluster file differ, by name: values never enter history (law 13). */
export function differences(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): string {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  const changed = names
    .filter((name) => before[name] !== after[name])
    .map((name) =>
      before[name] === undefined ? `${name} (new)` : after[name] === undefined ? `${name} (gone)` : name,
    );
  const more = changed.length > MAX_NAMES ? ` and ${changed.length - MAX_NAMES} more` : '';
  return `changed: ${changed.slice(0, MAX_NAMES).join(', ')}${more}`;
}

/** Parks a run whose cluster file is not the one it was planned with. */
export function fileHold(cluster: string, evidence: string, usable: boolean): Hold {
  return {
    layer: 0,
    layerName: '',
    why: `the file of cluster "${cluster}" is not the one this run was planned with`,
    rule: 'law 13, law 12',
    items: [
      {
        what: `the cluster file changed while the run was under way`,
        service: '',
        instances: '',
        state: 'cluster-file',
        silent: false,
        evidence,
      },
    ],
    choices: [
      { choice: 'retry', meaning: 'I have put the file back: look again' },
      ...(usable ? [{ choice: 'skip' as const, meaning: 'go on with the file as it is now' }] : []),
      { choice: 'abort', meaning: 'end the run here and leave everything as it is' },
    ],
  };
}
