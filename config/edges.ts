import type { Service } from '../cluster/model.js';
import { didYouMean } from './nearest.js';
import type { ReadService } from './service.js';
import { exactPath, type Report } from './report.js';

/** Which services each layer has by name, whether or not they could be read, lowest first. */
export type NamesByLayer = readonly (readonly string[])[];

/** The services of a layer with their edges: those of the file by name, those of the catalogue by kind. */
export function withEdges(
  layer: readonly ReadService[],
  index: number,
  names: NamesByLayer,
  report: Report,
): Service[] {
  const started = layer.map((read) => ({ ...read, after: edgesOf(read, 'after', layer, index, names, report) ?? [] }));
  return started.flatMap((read) => {
    const { service, layered, after } = read;
    const said = edgesOf(read, 'stopAfter', layer, index, names, report);
    if (!service) return [];
    if (said === null || layered.written.stopAfter) return { ...service, after, stopAfter: said };
    // The catalogue adds to the mirror of `after`, it does not know the edges of this file.
    const mirror = started.filter((other) => other.after.includes(read.name)).map((other) => other.name);
    return { ...service, after, stopAfter: [...new Set([...said, ...mirror])] };
  });
}

/** Null where nobody said anything. */
function edgesOf(
  read: ReadService,
  field: 'after' | 'stopAfter',
  layer: readonly ReadService[],
  index: number,
  names: NamesByLayer,
  report: Report,
): string[] | null {
  const written = read.layered.written[field];
  if (written) return checkNames(written, field, read, index, names, report);
  const kinds = read.layered.merged[field] ?? [];
  const found = layer.filter(({ kind }) => kind !== null && kinds.includes(kind));
  const others = found.map(({ name }) => name).filter((name) => name !== read.name);
  return others.length > 0 ? others : null;
}

function checkNames(
  written: readonly string[],
  field: 'after' | 'stopAfter',
  { name: self, path }: ReadService,
  index: number,
  names: NamesByLayer,
  report: Report,
): string[] {
  const here = names[index] ?? [];
  return written.filter((name, i) => {
    const at = exactPath(path, field, i, report);
    if (name === self) {
      report.error(at, 'value', `${self} cannot wait for itself`, 'remove it');
      return false;
    }
    if (here.includes(name)) return true;
    const layer = names.findIndex((services) => services.includes(name));
    if (layer >= 0 && layer < index) {
      report.warn(at, 'value', `${name} is in a layer below already, the barrier does that`, 'remove it');
    } else if (layer >= 0) {
      report.error(
        at,
        'value',
        `${name} is in a layer above, which starts later`,
        'move one of the two to another layer',
      );
    } else {
      const others = here.filter((other) => other !== self);
      const known = others.length > 0 ? `this layer has ${others.join(', ')}` : 'this layer has no other service';
      report.error(at, 'value', `no service "${name}" in this layer`, didYouMean(name, others, known));
    }
    return false;
  });
}
