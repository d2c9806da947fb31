import type { NamesByLayer } from './edges.js';
import type { FieldPath } from './field-path.js';
import { didYouMean } from './nearest.js';
import { exactPath, type Report } from './report.js';
import type { ReadService } from './service.js';

/**
 * What each service needs in order to stop cleanly (law 9): those of the file by name, those of the catalogue by kind.
 * They must be of its own layer or lower, since everything above is gone by then.
 */
export function stopNeedsOf(
  read: ReadService,
  index: number,
  layers: readonly (readonly ReadService[])[],
  names: NamesByLayer,
  report: Report,
): string[] {
  const written = read.layered.written.stopNeeds;
  if (written) {
    return written.filter((name, i) => {
      const at = exactPath(read.path, 'stopNeeds', i, report);
      return isRight(name, at, read, index, names, report);
    });
  }
  const kinds = read.layered.merged.stopNeeds ?? [];
  const reachable = layers.slice(0, index + 1).flat();
  return reachable
    .filter(({ kind, name }) => kind !== null && kinds.includes(kind) && name !== read.name)
    .map(({ name }) => name);
}

function isRight(
  name: string,
  path: FieldPath,
  read: ReadService,
  index: number,
  names: NamesByLayer,
  report: Report,
): boolean {
  const layer = names.findIndex((services) => services.includes(name));
  if (name === read.name) report.error(path, 'value', `${name} cannot need itself`, 'remove it');
  else if (layer > index) {
    report.error(
      path,
      'value',
      `${name} is in a layer above, which is gone by then`,
      'name services of this layer or lower',
    );
  } else if (layer < 0) {
    const known = names.slice(0, index + 1).flat();
    report.error(
      path,
      'value',
      `no service "${name}" here or below`,
      didYouMean(name, known, `there are ${known.join(', ')}`),
    );
  } else return true;
  return false;
}
